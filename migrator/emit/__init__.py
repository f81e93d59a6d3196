"""From a plan to the files that a team commits: a folder per job, templates per provider, and how to switch over."""
