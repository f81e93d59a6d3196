"""Who writes a schedule file: a configuration tool or a package that puts a removed line back.

Line: `/etc/cron.d/certbot<TAB>certbot` in owners.txt of a bundle, ` /etc/cron.d/certbot 9e2f...` under Conffiles in dpkg's status
Source: the marker lines of puppetlabs-cron_core's crontab.rb, Ansible's cron and blockinfile, Salt's modules/cron.py,
Chef's provider/cron.rb, whenever's command_line.rb; the folders of cPanel and Plesk; dpkg(1); `rpm -qf`, `apk info -W`
"""

import re

from migrator.model.source import HostFiles

HEAD = 65_536
OWNERS = "/migrator/owners.txt"
STATUS = "/var/lib/dpkg/status"
READS: tuple[str, ...] = (OWNERS, STATUS)
CONFFILE = re.compile(rb"(?m)^Package: (\S{1,200})$|^ (/etc/(?:cron|anacron)\S{1,300}) [0-9a-f]{32}")
TOOLS = {
    "ansible": "Ansible",
    "cfengine": "CFEngine",
    "chef": "Chef",
    "puppet": "Puppet",
    "salt": "Salt",
    "terraform": "Terraform",
}
# a template's head, which says it of the whole file; `no longer managed by Puppet` is none
WHOLE = re.compile(
    rb"(?im)^#[#\t *!-]*(?:(?:this|the) (?:file|crontab) (?:is|was) )?(?:(?:auto)?generated|managed|maintained) by "
    rb"(ansible|cfengine|chef|puppet|salt|terraform)\b"
    rb"|^#[\t #*]*(ansible)[ _]managed\b"
)
# what one line says of the next job, of the lines up to a closing mark, and of all lines below
NEXT = re.compile(rb"#Ansible: |# Puppet Name: |# Chef Name: |# .*SALT_CRON_IDENTIFIER:")
OPENS = re.compile(rb"# BEGIN ANSIBLE MANAGED BLOCK|# Begin Whenever generated tasks for: ")
CLOSES = re.compile(rb"# END ANSIBLE MANAGED BLOCK|# End Whenever generated tasks for: ")
BELOW = re.compile(rb"# Lines below here are managed by Salt")
NAMES = re.compile(rb"(?i)ansible|puppet|chef|salt|whenever")
# whose programs the command names: the other lines of the file are people's
PANELS = re.compile(rb"(?m)/usr/local/cpanel/|(?:^|[\s;&|(])/scripts/upcp\b|/opt/psa/|/usr/local/psa/")
# a job, also one that is switched off: a comment that begins with a number is none
JOB = re.compile(rb"\s*(?:@\w+|[\d*~-][\w*,/~-]*\s)|#\s*(?:@\w+\s|[\d*~][\d*,/~-]*\s+[\d*~][\d*,/~-]*\s)")


def owners(raw: bytes) -> dict[int, str]:
    """The tool that writes a line, by the line's number; lines of nobody's are not in it.

    >>> owners(b"0 1 * * * own.sh\\n#Ansible: backup\\n0 2 * * * backup.sh\\n0 3 * * * own.sh\\n")
    {3: 'Ansible'}
    """
    head = raw[:HEAD]
    if whole := WHOLE.search(head):
        return dict.fromkeys(range(1, raw.count(b"\n") + 2), TOOLS[(whole[1] or whole[2]).decode().lower()])
    if not NAMES.search(raw) and not PANELS.search(raw):
        return {}
    found: dict[int, str] = {}
    around = pending = None
    for number, line in enumerate(raw.split(b"\n"), 1):
        if BELOW.match(line) or OPENS.match(line):
            around = _tool(line)
        elif CLOSES.match(line):
            around = None
        elif NEXT.match(line):
            pending = _tool(line)
        elif JOB.match(line):
            panel = PANELS.search(line)
            owner = pending or around or (("cPanel" if b"psa" not in panel[0] else "Plesk") if panel else None)
            pending = None
            if owner:
                found[number] = owner
    return found


def _tool(line: bytes) -> str:
    name = NAMES.search(line)
    return "whenever" if name is None or name[0].lower() == b"whenever" else TOOLS[name[0].decode().lower()]


def packages(files: HostFiles) -> dict[str, str]:
    """The package of each schedule file that one installed, as far as the tree tells."""
    found: dict[str, str] = {}
    package = ""
    for match in CONFFILE.finditer((files.content(STATUS) or b"") if files.exists(STATUS) else b""):
        if match[1]:
            package = match[1].decode("utf-8", "replace")
        elif package:
            found[match[2].decode("utf-8", "replace")] = package
    text = ((files.content(OWNERS) or b"") if files.exists(OWNERS) else b"").decode("utf-8", "replace")
    for line in text.splitlines()[:5000]:
        path, _, name = line.partition("\t")
        if path.startswith("/") and re.fullmatch(r"[A-Za-z0-9][\w.+:-]{0,200}", name):
            found.setdefault(path, name)
    return found
