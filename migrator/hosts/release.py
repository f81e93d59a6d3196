"""The distribution, its release, and which cron daemon it brings.

Source: os-release(5); Debian's cron package, cronie of RHEL, Fedora, SUSE and Arch, busybox of Alpine and OpenWrt.
"""

import re
import shlex

from migrator.hosts.text import first_line, lines
from migrator.model.job import Grammar, HostPart
from migrator.model.source import Evidence, HostFiles, Location

READS: tuple[str, ...] = (
    "/etc/os-release",
    "/usr/lib/os-release",
    "/etc/debian_version",
    "/etc/redhat-release",
    "/etc/alpine-release",
    "/var/lib/dpkg/status",
)

FAMILIES: dict[str, Grammar] = {
    "debian": "debian", "ubuntu": "debian", "raspbian": "debian", "linuxmint": "debian", "kali": "debian",
    "rhel": "cronie", "fedora": "cronie", "centos": "cronie", "rocky": "cronie", "almalinux": "cronie", "ol": "cronie",
    "amzn": "cronie", "suse": "cronie", "sles": "cronie", "opensuse": "cronie", "opensuse-leap": "cronie",
    "opensuse-tumbleweed": "cronie", "arch": "cronie", "gentoo": "cronie", "void": "cronie", "mageia": "cronie",
    "alpine": "busybox", "openwrt": "busybox", "postmarketos": "busybox",
}  # fmt: skip
# a Debian package that brings another daemon than Debian's own
DAEMON_PACKAGES: dict[str, Grammar] = {"cronie": "cronie", "systemd-cron": "systemd-cron"}


def read(files: HostFiles) -> HostPart:
    """Release, id, version and the crontab grammar of its daemon; None where nothing says so."""
    fields: dict[str, str] = {}
    where = next((path for path in READS[:2] if files.exists(path)), None)
    for line in lines(files, where) if where else []:
        if match := re.fullmatch(r"([A-Z_]+)=(.*)", line.strip()):
            try:
                fields[match[1]] = "".join(shlex.split(match[2]))
            except ValueError:
                fields[match[1]] = match[2].strip("\"'")
    if not fields:
        fields, where = _older(files)
    if where is None:
        return HostPart(cron=_by_files(files))
    os_id = fields.get("ID", "").lower() or None
    release = fields.get("PRETTY_NAME") or " ".join(filter(None, [fields.get("NAME"), fields.get("VERSION")])) or None
    family = next(
        (FAMILIES[word] for word in [os_id or "", *fields.get("ID_LIKE", "").lower().split()] if word in FAMILIES), None
    )
    return HostPart(
        release=release,
        os_id=os_id,
        os_version=fields.get("VERSION_ID"),
        cron=_package(files) or family or _by_files(files),
        evidence=(Evidence(snippet=release or os_id or "", location=Location(host="", path=where)),),
    )


def _older(files: HostFiles) -> tuple[dict[str, str], str | None]:
    """Releases from before os-release."""
    if word := first_line(files, "/etc/debian_version"):
        return {"ID": "debian", "VERSION_ID": word.split(".")[0], "PRETTY_NAME": f"Debian {word}"}, "/etc/debian_version"
    if word := first_line(files, "/etc/redhat-release"):
        match = re.search(r"release (\d+(?:\.\d+)?)", word)
        name = "centos" if word.lower().startswith("centos") else "rhel"
        return {"ID": name, "VERSION_ID": match[1] if match else "", "PRETTY_NAME": word}, "/etc/redhat-release"
    if word := first_line(files, "/etc/alpine-release"):
        return {"ID": "alpine", "VERSION_ID": word, "PRETTY_NAME": f"Alpine Linux {word}"}, "/etc/alpine-release"
    return {}, None


def _package(files: HostFiles) -> Grammar | None:
    """A cron package that replaces the distribution's own, from dpkg's list."""
    if not files.exists("/var/lib/dpkg/status"):
        return None
    text = (files.content("/var/lib/dpkg/status") or b"").decode("utf-8", "replace")
    for package, grammar in DAEMON_PACKAGES.items():
        if re.search(rf"(?m)^Package: {package}\nStatus: install ok installed$", text):
            return grammar
    return None


def _by_files(files: HostFiles) -> Grammar | None:
    """The daemon's own traces, where no release is stated."""
    if files.exists("/etc/crontabs"):
        return "busybox"
    if files.exists("/etc/cron.d/0hourly") or files.exists("/etc/sysconfig/crond"):
        return "cronie"
    if files.exists("/var/spool/cron/crontabs") or files.exists("/etc/default/cron"):
        return "debian"
    return None
