"""Joins what daemons said to runs: pairs starts with ends, and runs with jobs."""
