"""A job's stable id and its name.

The id is a slug of the command's main program or script and 8 hex digits of a digest of host, user, redacted command, and an
ordinal among equals. The schedule is not part of it: a job that is moved to another hour keeps its decisions.
"""

import re
import shlex
from functools import lru_cache

from migrator.digest import sha256
from migrator.schedule.cron_field import FIELDS

LONGEST_SLUG = 40
LONGEST_NAME = 80
INTERPRETERS = re.compile(r"(ba|da|z|k|a)?sh|python[\d.]*|php[\d.]*|perl[\d.]*|ruby[\d.]*|node(js)?|java|bundle|rscript", re.I)
# programs that only start another one, and how many plain words of theirs come before it
WRAPPERS = {
    "sudo": 0, "nice": 0, "ionice": 0, "env": 0, "exec": 0, "nohup": 0, "time": 0, "chronic": 0, "setsid": 0, "command": 0,
    "timeout": 1, "flock": 1, "cronic": 0, "chrt": 1, "runuser": 0, "setlock": 1, "lckdo": 1, "softlimit": 0, "start": 0,
}  # fmt: skip
WITH_VALUE = {
    "sudo": "ugCDhpRrTtU", "nice": "n", "ionice": "cnp", "timeout": "ks", "flock": "wEc", "env": "uCS", "su": "cs",
    "runuser": "ucg", "php": "dcn", "python": "WX", "perl": "IM", "java": "",
}  # fmt: skip
CUT = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.|(&&|\|\||[;|\n]|(?<![<>&])&(?![>&]))""", re.DOTALL)
QUOTING = re.compile(r"""["'\\]""")
BLANKS = re.compile(r"[ \t\r\n]+")
GUARDS = {
    "cd",
    "test",
    "[",
    "[[",
    "if",
    "then",
    "true",
    ":",
    "sleep",
    "export",
    "source",
    ".",
    "set",
    "umask",
    "ulimit",
    "{",
    "(",
    "!",
    "which",
}


def job_id(host: str, user: str | None, command: str, ordinal: str) -> str:
    """The id.

    >>> job_id("web01", "root", "cd /srv && php artisan schedule:run", "user_crontab#0")
    'artisan-ce307083'
    """
    text = "\0".join([host, user or "", command, ordinal])
    return f"{slug(command)}-{sha256(text.encode('utf-8', 'backslashreplace'))[:8]}"


def slug(command: str) -> str:
    """The main program or script as lower-case letters, digits and hyphens; `job` if there is none.

    >>> slug("flock -n /tmp/l php -d memory_limit=1G /srv/shop/bin/import_orders.php /in")
    'import-orders'
    >>> slug("[ -x /usr/lib/php/sessionclean ] && /usr/lib/php/sessionclean")
    'sessionclean'
    """
    name = main_program(command).rstrip("/").rpartition("/")[2]
    if name == "run-parts" and (match := re.search(r"run-parts\b[^;&|]*?\s(/[^\s;&|)}\"']+)", command)):
        name = f"run-parts-{match[1].rstrip('/').rpartition('/')[2]}"
    name = re.sub(r"(?i)\.(sh|bash|py|php\d?|pl|rb|js|jar|cgi)$", "", name)
    name = re.sub(r"@secret:\w+@", "", name)
    return re.sub(r"[^a-z0-9]+", "-", name.lower())[:LONGEST_SLUG].strip("-") or "job"


@lru_cache(maxsize=256)  # id and name ask for the same command
def main_program(command: str) -> str:
    """The program or script that the command is about, as written."""
    fallback = None
    for part in _parts(command[:4000]):
        found = _program_of(_words(part))
        if found and INTERPRETERS.fullmatch(found.rpartition("/")[2]):
            fallback = fallback or found  # a program written on the line: the next one says more
        elif found:
            return found
    if fallback:
        return fallback
    words = _words(command[:4000])
    return words[0] if words else ""


def _parts(text: str) -> list[str]:
    """The simple commands of a line: cut at `&&`, `||`, `;`, `|`, `&` and line feeds that stand outside quotes."""
    found, start = [], 0
    for match in CUT.finditer(text):
        if match[1]:
            found.append(text[start : match.start()])
            start = match.end()
    return [*found, text[start:]]


def _words(text: str) -> list[str]:
    if not QUOTING.search(text):  # shlex looks at each letter
        return [word for word in BLANKS.split(text) if word]
    try:
        return shlex.split(text, comments=False)
    except ValueError:
        return text.split()


def _program_of(words: list[str]) -> str | None:
    at = 0
    while at < len(words):
        word = words[at].lstrip("({`$")
        if not word or re.match(r"[A-Za-z_]\w*=", word) or re.match(r"\d*[<>]", word):
            at += 1
            continue
        base = word.rpartition("/")[2]
        if base in GUARDS:
            return None
        if base in {"su", "runuser"} and (text := _given_to_a_shell(words[at + 1 :])) is not None:
            return main_program(text) or base
        if base in WRAPPERS:
            at = _past_options(words, at + 1, base)
            at += WRAPPERS[base]
            continue
        if INTERPRETERS.fullmatch(base):
            family = re.sub(r"[\d.]+$", "", base.lower())
            after = _past_options(words, at + 1, family)
            if after < len(words) and not re.match(r"\d*[<>]", words[after]):
                script = words[after]
                if words[after - 1] == "-m":
                    return script.replace(".", "-")
                inline = words[after - 1] in {"-c", "-e", "-r", "-lc"} and after > at + 1
                if inline and family.endswith("sh"):
                    return main_program(script) or base
                return base if inline else script
            return word
        return word
    return None


def _given_to_a_shell(words: list[str]) -> str | None:
    """What `su USER -c TEXT` runs, the user before or behind it; None for `runuser -u USER PROGRAM`."""
    for at, word in enumerate(words):
        if word in {"-c", "-lc", "--command"} and at + 1 < len(words):
            return words[at + 1]
        if word.startswith("--command="):
            return word.partition("=")[2]
    return None


def _past_options(words: list[str], at: int, program: str) -> int:
    takes = WITH_VALUE.get(program, "")
    while at < len(words) and words[at].startswith("-") and len(words[at]) > 1:
        option = words[at]
        at += 1
        if option in {"-c", "-lc"} and program.endswith("sh"):
            break
        if not option.startswith("--") and len(option) == 2 and option[1] in takes:
            at += 1
    return at


NAMED = re.compile(
    r"^[\s#]*(?:Ansible:|Puppet Name:|Chef Name:)\s*(?=\S)"
)  # what a tool writes before the name that it was given
HEADS = re.compile(
    r"(?i)(m(in(ute)?s?|n)?)\s+(h(our)?s?|hr)\s+(dom|m?day)|period\b.*\bdelay\b|"
    r"examples?\b(?: of job definition|\s*:)|(?:format|fields) ?:"
)  # of the columns of a crontab or an anacrontab, in words or, in Debian's and Red Hat's own, over a drawing of them
DRAWN = re.compile(r"[\s#]*(?:\.-{2,}|\||\*\s+\*)")
MARK = re.compile(
    r"(?i)managed by (?:salt|ansible|puppet|chef|cfengine|terraform)|ansible managed|SALT_CRON_IDENTIFIER|"
    r"autogenerated .* by puppet|(?:begin|end) whenever generated tasks|generated by chef|do not edit"
)


def name_from(comment: str | None) -> str | None:
    """A job's name from the comment above it; None for ruled lines, column heads and examples.

    >>> name_from("Nightly sales report")
    'Nightly sales report'
    >>> name_from("m h  dom mon dow   command"), name_from("period in days   delay in minutes   job-identifier   command")
    (None, None)
    >>> name_from("Example of job definition:\\n.---------------- minute (0 - 59)\\n| .--- hour\\n*  *  *  *  * command")
    >>> name_from("minute  hour  mday  month wday  who command"), name_from("Example : backup every 15min")
    (None, None)
    >>> name_from("Ansible: nightly dump"), name_from("Lines below here are managed by Salt, do not edit")
    ('nightly dump', None)
    """
    for line in (comment or "").splitlines():
        if MARK.search(line) or DRAWN.match(line):
            continue
        text = re.sub(r"^[\s#*=/_~.-]+|[\s#*=_~-]+$", "", NAMED.sub("", line)).strip()
        if not re.search(r"[^\W\d_]{2}", text) or HEADS.match(text):
            continue
        if len(text.split()) >= 6 and all(re.fullmatch(r"[\d*/,~-]+|[a-zA-Z]{3}", word) for word in text.split()[: len(FIELDS)]):
            continue
        return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1].rstrip() + "…"
    return None
