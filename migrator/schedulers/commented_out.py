"""Tells a job that somebody switched off with `#` from prose and from the examples that come with a system.

Line: `#30 4 * * * php /srv/shop/bin/old-sync.php`
"""

import re

from migrator.model.job import Grammar
from migrator.schedulers import crontab_line
from migrator.schedulers.identity import main_program

EXAMPLES = re.compile(
    r"tar -zcf /var/backups/home\.tgz|user-?name\s+command|command to be executed|command to execute|/path/to/|"
    r"/usr/bin/somecommand|\[command\]|<command>",
    re.IGNORECASE,
)
PROGRAM = re.compile(r"[A-Za-z0-9_./~$@+-]+")


def commented_out(text: str, grammar: Grammar, *, has_user: bool) -> crontab_line.Entry | None:
    """The entry behind the `#`; None for prose, examples and rulers.

    A job has a valid schedule directly after `#`, or after one blank and then a command given by its path.

    >>> commented_out("#30 4 * * * php /srv/x.php", "debian", has_user=False).schedule
    '30 4 * * *'
    >>> commented_out("# 0 5 * * 1 tar -zcf /var/backups/home.tgz /home/", "debian", has_user=False) is None
    True
    """
    match = re.fullmatch(r"[ \t]*#+([ \t]?)([0-9*@].*)", text, re.DOTALL)
    if match is None or EXAMPLES.search(match[2]):
        return None
    found = crontab_line.read(match[2], grammar, has_user=has_user, empty_value_is_wrong=False)
    if not isinstance(found, crontab_line.Entry) or not found.rest.strip():
        return None
    if has_user and not re.fullmatch(r"[a-z_][a-z0-9_.-]*\$?", found.user or ""):
        return None
    program = main_program(found.rest)
    if not PROGRAM.fullmatch(program) or not re.search("[A-Za-z]", program):
        return None
    return found if not match[1] or program.startswith(("/", "~/", "./")) else None
