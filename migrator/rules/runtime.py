"""Lists the interpreters and programs that have to be where the job runs.

Finds: interpreters and programs beyond the POSIX shell and its utilities.
Why: a bare function runtime has almost none of them; a missing program is the most frequent first failure after a move.
Do: build a container image with them (the emitted Dockerfile does), in the versions that the server has.
Not: when the program is a script that moves along.
Source: POSIX.1-2024, Shell and Utilities; the base images' package lists.
"""

import posixpath

from migrator.assumptions import Assumptions
from migrator.model.finding import Dossier, Finding, Need
from migrator.rules.dossier_reading import ends, first_of_each, listed, of, told

NAME = "runtime"

# POSIX utilities, coreutils and what every base image with a shell has
ALWAYS = frozenset(
    "[ alias awk basename bash bc bg break bunzip2 bzip2 cal cat cd chgrp chmod chown chroot cksum cmp "
    "comm command continue cp cut "
    "date dd df diff dirname du echo egrep env eval exec exit expand export expr false fc fg fgrep find "
    "flock fold getopt getopts "
    "grep groups gunzip gzip hash head hostname iconv id install ionice join kill let link ln local "
    "locale logger logname ls md5sum "
    "mkdir mkfifo mktemp more mv nice nl nohup numfmt od paste patch popd pr printf ps pushd pwd read readlink readonly realpath "
    "return rev rm rmdir run-parts sed seq set setsid sh sha1sum sha256sum shift shopt shuf sleep sort "
    "source split stat stdbuf stty "
    "sum sync tac tail tar tee test time timeout times touch tr trap true truncate tsort tty type "
    "typeset ulimit umask unalias uname "
    "unexpand uniq unlink unset unxz uptime wait wc whoami xargs xz yes zcat zgrep : . declare dash chronic busybox".split()
)


def check(dossier: Dossier, assumptions: Assumptions) -> tuple[Finding, ...]:  # noqa: ARG001
    """A note with one need per program, sorted by name."""
    if ends(dossier):
        return ()
    own = {posixpath.basename(script.path) for script in dossier.scripts}
    facts = first_of_each(
        tuple(
            fact
            for fact in of(dossier, "interpreter", "command")
            if (name := posixpath.basename(fact.value)) not in ALWAYS | own and _is_a_name(name)
        )
    )
    names = sorted({posixpath.basename(fact.value) for fact in facts})
    if not names:
        return ()
    needs = tuple(Need(kind="runtime", choice=name, rule=NAME) for name in names)
    else_built = "a bare function has only a shell and one language; where that is too little an image with them is built"
    body = f"needs {listed(names, 8)}; {else_built}"
    return told(dossier, NAME, "note", body, facts=facts, effort="minutes", needs=needs)


def _is_a_name(name: str) -> bool:
    return bool(name) and all(c.isalnum() or c in "._+-" for c in name) and not name.startswith("-")
