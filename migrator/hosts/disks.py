"""The disks that are billed with the server, where the tree tells their size.

Source: lsblk(8) `--json --bytes` as `migrator collect` stores it; sysfs block devices.
"""

import json

from migrator.model.job import Disk, HostPart
from migrator.model.source import Evidence, HostFiles, Location, Problem

LSBLK = "/migrator/lsblk.json"
READS: tuple[str, ...] = (LSBLK, "/sys/block/*/size")
GIB = 1 << 30
SECTOR = 512  # bytes; sysfs counts in sectors of 512 whatever the device has


def read(files: HostFiles) -> HostPart:
    """Whole disks with their size; the volume type is never in these files, so it stays None."""
    disks, path = [], LSBLK
    if files.exists(LSBLK):
        try:
            devices = json.loads(files.content(LSBLK) or b"").get("blockdevices", [])
            sizes = [int(entry["size"]) for entry in devices if entry.get("type") == "disk"]
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
            message = "is not what `lsblk --json --bytes` prints; the disks' sizes stay unknown"
            return HostPart(problems=(Problem(location=Location(host="", path=LSBLK), message=message),))
        disks = [Disk(size_gib=round(size / GIB, 2), kind=None) for size in sizes if size > 0]
    else:
        path = "/sys/block"
        for name in files.entries("/sys/block"):
            if name.startswith(("loop", "ram", "sr", "zram", "dm-", "md", "fd", "nbd")):
                continue
            raw = (files.content(f"/sys/block/{name}/size") or b"").strip()
            if raw.isdigit() and int(raw[:15]) > 0:
                disks.append(Disk(size_gib=round(int(raw[:15]) * SECTOR / GIB, 2), kind=None))
    if not disks:
        return HostPart()
    snippet = ", ".join(f"{disk.size_gib:g} GiB" for disk in disks if disk.size_gib is not None)
    return HostPart(disks=tuple(disks), evidence=(Evidence(snippet=snippet, location=Location(host="", path=path)),))
