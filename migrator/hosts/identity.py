"""Which machine this is, whatever its name: marks that two readings of one server share and those of two servers do not.

Of each mark only a digest is kept: machine-id(5) asks that the id itself is shown to nobody, and all that is asked is whether
two are equal. What the cloud calls the machine (`instance_id`) is a mark, too; `reading` adds it.

Line: `ssh-ed25519 AAAAC3Nza... root@web01` in /etc/ssh/ssh_host_ed25519_key.pub
Source: machine-id(5), sshd(8) FILES, SMBIOS 3.7 section 7.2.1 (System - UUID)
"""

import re

from migrator import same_machine
from migrator.errors import SourceError
from migrator.hosts.text import first_line
from migrator.model.job import HostPart
from migrator.model.source import HostFiles

MACHINE_ID = ("/etc/machine-id", "/var/lib/dbus/machine-id")
HOST_KEYS = "/etc/ssh/ssh_host_*_key.pub"
UUID = "/sys/class/dmi/id/product_uuid"
READS: tuple[str, ...] = (*MACHINE_ID, HOST_KEYS, UUID)
JOURNALS = "/var/log/journal"  # its folders are named by the machines whose journals they hold
ID = re.compile(r"[0-9a-f]{32}")
# what makers of boards leave in them: SMBIOS calls the first two "not present" and "not set", the third stands in thousands
NOBODYS = ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "03000200-0400-0500-0006-000700080009")


def read(files: HostFiles) -> HostPart:
    """The marks of the machine; none where nothing tells."""
    marks = []
    machine_id = _machine_id(files)
    if machine_id is not None:
        marks.append(same_machine.mark("machine-id", machine_id))
    for file in files.glob([HOST_KEYS]):
        kind, _, rest = (first_line(files, file.path) or "").partition(" ")
        key = rest.split(" ", 1)[0]
        if re.fullmatch(r"[a-z0-9@.-]{3,60}", kind) and re.fullmatch(r"AAAA[A-Za-z0-9+/]{20,4000}={0,2}", key):
            marks.append(same_machine.mark(f"host-key {kind}", key))
    uuid = _uuid(files)
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid) and uuid not in NOBODYS:
        marks.append(same_machine.mark("system-uuid", uuid))
    return HostPart(marks=tuple(sorted(set(marks))))


def _machine_id(files: HostFiles) -> str | None:
    """The one that systemd or D-Bus made; a tree of logs alone may tell it by its journal's folder."""
    for path in MACHINE_ID:
        found = first_line(files, path)
        if found is not None and ID.fullmatch(found) and found.strip("0"):  # "uninitialized" in an image that was never started
            return found
    folders = [name for name in files.entries(JOURNALS) if ID.fullmatch(name)] if files.exists(JOURNALS) else []
    return folders[0] if len(folders) == 1 else None


def _uuid(files: HostFiles) -> str:
    """Only root may read it: for anybody else it is unknown, and no Problem."""
    if not files.exists(UUID):
        return ""
    try:
        with files.open(UUID) as stream:
            return stream.read(100).decode("ascii", "replace").strip().lower()
    except (SourceError, OSError):
        return ""
