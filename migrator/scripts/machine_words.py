"""The machine's own files wherever a program names one, though what it does with it hides in a variable or a library.

Line: `tcpstat="/proc/net/tcp"`, `[ -d /sys/class/net/$port ]`, `IOCTL="/dev/$disk"`, `for f in /etc/passwd /etc/group`
Source: hier(7), proc(5), sysfs(5), passwd(5), fstab(5), utmp(5).
"""

import re

from tree_sitter import Node

from migrator.scripts.noting import EVERYWHERE
from migrator.scripts.reading import Notes

# Only what no program has a use for unless it looks at, or changes, the machine that it runs on
PATH = (
    r"/(?:proc/(?!self\b(?!/mount)|\$\$|thread-self\b)|sys/(?:block|bus|class|devices|firmware|fs|kernel|module|power|dev)\b|dev/"
    + EVERYWHERE
    + r"|etc/(?:passwd|g?shadow|group|sudoers(?:\.d)?|fstab|mtab|crypttab|inittab|network|modprobe\.d|modules|udev"
    r"|securetty|lilo\.conf|inetd\.conf|exports|default/grub|login\.defs|subuid|subgid|apt/(?:sources|preferences|apt\.conf))(?![\w-])"
    r"|boot/|lib/modules(?![\w-])|lib/udev/|var/lib/(?:dpkg|apt|rpm)/|var/log/(?:[wb]tmp|lastlog|faillog)(?![\w-])"
    r"|(?:var/)?run/(?:utmp|reboot-required|initctl)(?![\w-])|var/(?:spool/)?mail/|var/spool/(?:cron|mqueue|at|lpd|postfix|exim4?)(?![\w-]))"
)
REST = r"(?:\$\{\w{1,60}[^}\s]{0,60}\}|[^\s'\"`;|&<>(){},:\]\\=*?\[#%^])*"
NAMED = re.compile(rf"(?<![\w./$}}@:*~+%\\-]){PATH}{REST}")
NAMED_BYTES = re.compile(NAMED.pattern.encode())
STRING = re.compile(rf"\s*(?:\+?[<>]{{1,2}}\s*)?({PATH}{REST})[/*]*")
WORDS = frozenset("word string raw_string concatenation string_content ansi_c_string".split())
BEFORE = re.compile(rb"[$]?[\"']?(?:[\w-]{1,40}=)?[\"']?")  # `"/dev/x`, `if=/dev/x`, `--device="/dev/x`
# what only says something; a pattern; the text of another program; a program that is run, which is read itself
PASSED = frozenset("comment heredoc_body expansion case_item regex command_name".split())
COMPARES = frozenset(("=", "==", "!=", "=~", "<", ">"))
SAYS = re.compile(
    r"(?:echo|printf|logger|usage|help|die|err\w*|warn\w*|info\w*|debug|fatal|fail\w*|panic|msg\w*|say|log\w*|message|print\w*|sed|awk|[gm]awk|tr|dialog"
    r"|whiptail|notify|abort|expr|basename|dirname|:)"
)
BRACED = re.compile(r"\$\{(\w+)[^}]*\}")
DEEP = 3  # slashes: `/dev/` in front of what a variable holds is kept as it is written
MOST = 200  # of one text


def note(notes: Notes, roots: list[Node]) -> None:
    """Of a shell program, after it was read: every word that names such a file and of which nothing else was said."""
    for root in roots:
        for count, match in enumerate(NAMED_BYTES.finditer(root.text or b"")):
            if count > MOST:
                break
            start, end = root.start_byte + match.start(), root.start_byte + match.end()
            node = root.descendant_for_byte_range(start, end)
            if node is not None and _is_meant(node, start):
                add(notes, match[0].decode("utf-8", "replace"), node.start_point[0])


def add(notes: Notes, path: str, row: int, certain: bool = False) -> None:
    """Note a path, unless the reader has said it, or more of it, of itself."""
    path = BRACED.sub(r"$\1", path)
    said = notes.machine
    if path.endswith(".sock") or len(said) > MOST:
        return
    if any(value.startswith(path.rstrip("/.")) or path.startswith(value + "/") for value in said):
        return
    notes.add("host-only", path if path.count("/") < DEEP else path.rstrip("/."), row, certain)


def in_string(text: str) -> str | None:
    """The machine's own file that a whole string of any language names.

    >>> in_string("/proc/mounts"), in_string("</etc/passwd"), in_string("/etc/passwd is not there"), in_string("/dev/null")
    ('/proc/mounts', '/etc/passwd', None, None)
    """
    match = STRING.fullmatch(text) if "/" in text[:6] and len(text) < MOST else None
    return match[1] if match else None


def _is_meant(node: Node, start: int) -> bool:
    """False in a comment, a message, a pattern, a comparison; in the middle of a text."""
    around: Node | None = node
    word = node
    while around is not None and around.type in WORDS | {"command_substitution"}:
        if around.type == "command_substitution":
            break
        word, around = around, around.parent
    text = word.text or b""
    if word.type not in WORDS or not BEFORE.fullmatch(text[: start - word.start_byte]):
        return False
    while around is not None:
        kind = around.type
        if kind in {"file_redirect", "variable_assignment", "command_substitution"}:
            return True
        if kind == "binary_expression":
            return not any(child.type in COMPARES for child in around.children)
        if kind in PASSED:
            return kind == "case_item" and word.start_byte > next(
                (child.start_byte for child in around.children if child.type == ")"), around.end_byte
            )
        if kind == "command":
            name = (around.children[0].text or b"").decode("utf-8", "replace").rpartition("/")[2] if around.children else ""
            return not SAYS.fullmatch(name) and not (
                name in {"[", "test"} and any(child.text in (b"=", b"==", b"!=") for child in around.children)
            )
        around = around.parent
    return True
