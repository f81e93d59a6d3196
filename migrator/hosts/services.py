"""What else keeps the server alive: enabled services that are not part of the operating system.

Source: systemd.unit(5), `systemctl enable` writes links into *.wants; the list of what a stock Debian, Ubuntu and RHEL enable.
"""

import fnmatch
import functools
import re

import msgspec

from migrator.hosts import listening
from migrator.model.job import HostPart, Service
from migrator.model.source import Evidence, HostFiles, Location

READS: tuple[str, ...] = (
    "/etc/systemd/system/*.wants/*.service",
    "/etc/rc2.d/S*",
    "/etc/rc3.d/S*",
    "/etc/runlevels/default/*",
    *listening.READS,
)

# units of the operating system or of the machine's own care: they do nothing for anybody else, so they keep no server alive
STANDARD: dict[str, str] = {
    "remote access and console": (
        "ssh sshd ssh@* sshd-keygen* getty@* serial-getty@* autovt@* console-* keyboard-setup setvtrgb gpm"
    ),
    "the scheduler itself": "cron crond anacron atd cronie fcron",
    "logs and accounting": (
        "rsyslog syslog syslog-ng auditd sysstat* acct psacct logrotate journald* systemd-journal* rsyslogd vnstat"
    ),
    "time": "chrony* chronyd ntp ntpd ntpsec systemd-timesyncd dbus-org.freedesktop.timesync1 openntpd",
    "network": (
        "networking NetworkManager* network network-manager networkd* systemd-networkd* systemd-resolved dbus- "
        "org.freedesktop.* wpa_supplicant dhcpcd* ifup* ufw firewalld nftables iptables ip6tables netfilter-persistent "
        "resolvconf NetworkManager-*"
    ),
    "packages and care": (
        "unattended-upgrades apt-* apt-daily* dnf-* packagekit snapd* snap.* ubuntu-* ua-* motd-* pollinate secureboot- "
        "db dpkg-db-backup update-notifier* e2scrub_reap fstrim debsums popularity-contest kpatch insights* rhsm* "
        "rhsmcertd subscription-manager"
    ),
    "machine and cloud": (
        "cloud-* cloud-init* amazon-ssm-agent snap.amazon-ssm-agent* google-* gce-* walinuxagent waagent hv-* "
        "hypervkvpd open-vm-tools vmtoolsd qemu-guest-agent vgauth lxd-agent* hibinit-agent ec2-* acpid irqbalance "
        "tuned* smartd smartmontools lm-sensors mdmonitor* multipathd lvm2-* lvm2* dmraid-activation blk-availability "
        "iscsi* open-iscsi udisks2 thermald power-profiles-daemon rngd haveged microcode* kdump* kexec* apport* abrt* "
        "mcelog rasdaemon grub-* grub2-* selinux-* restorecond apparmor"
    ),
    "desktop and devices": (
        "bluetooth ModemManager avahi-daemon cups cups-* accounts-daemon polkit* switcheroo-control rtkit* whoopsie* colord"
    ),
    "systemd's own": (
        "systemd-* dbus* remote-fs* nfs-client* rpcbind rpc-* console-getty debug-shell finalrd udev* plymouth* "
        "sysinit* loadmodules rc-local nis-domainname import-state dm-event* initial-setup* binfmt-support dracut* "
        "emergency rescue syslog.socket sssd* nscd nslcd unscd oddjobd vconsole* arp-ethers low-memory-monitor gssproxy"
    ),
    "looks after the machine only": (
        "fail2ban clamav-freshclam aide* rkhunter* chkrootkit* monit zabbix-agent* node_exporter prometheus-node- "
        "exporter telegraf collectd* munin-node datadog-agent* newrelic-infra nrpe nagios-nrpe-server amazon- "
        "cloudwatch-agent filebeat metricbeat td-agent fluent-bit puppet salt-minion chef-client"
    ),
}


@functools.cache
def _standard() -> list[re.Pattern[str]]:
    return [re.compile(fnmatch.translate(pattern)) for words in STANDARD.values() for pattern in words.split()]


def is_standard(name: str) -> bool:
    """True for a unit that comes with the operating system or cares for the machine only."""
    return any(pattern.match(name) for pattern in _standard())


def read(files: HostFiles) -> HostPart:
    """Enabled services that are not standard; None where the tree holds no list of enabled services at all."""
    found: dict[str, Service] = {}
    seen = False
    for folder in ("/etc/systemd/system",):
        for wants in files.entries(folder):
            if not wants.endswith((".wants", ".requires")):
                continue
            for unit in files.entries(f"{folder}/{wants}"):
                seen = True
                name = unit.removesuffix(".service")
                if name == unit or is_standard(name) or _runs_on_timer(files, name):
                    continue
                location = Location(host="", path=f"{folder}/{wants}/{unit}")
                evidence = Evidence(snippet=f"enabled: {files.link(location.path) or unit}", location=location)
                found.setdefault(name, Service(name=name, port=None, evidence=evidence))
    for folder in ("/etc/rc2.d", "/etc/rc3.d", "/etc/runlevels/default"):
        for entry in files.entries(folder):
            match = re.fullmatch(r"S\d\d(.+)", entry)
            name = match[1] if match else entry if folder.startswith("/etc/runlevels") else ""
            if not name:
                continue
            seen = True
            if not is_standard(name) and name not in {"sudo", "rmnologin", "killprocs", "single", "ondemand", "bootlogs"}:
                location = Location(host="", path=f"{folder}/{entry}")
                found.setdefault(
                    name, Service(name=name, port=None, evidence=Evidence(snippet=f"enabled: {entry}", location=location))
                )
    ports = listening.ports(files)
    for port in ports or ():
        _answers(found, port)
    known = seen or bool(ports)  # no open port alone does not say which services are enabled
    return HostPart(services=tuple(found[name] for name in sorted(found)) if known else None)


def _answers(found: dict[str, Service], port: listening.Port) -> None:
    """Add a listening port: to the enabled service of its program, else as a service of its own."""
    name = listening.name_of(port)
    if port.program is not None and is_standard(port.program):
        return
    same = next((key for key in found if key == name or key.split("@")[0] in {name, f"{name}d"}), None)
    if same is None:
        found[name] = Service(name=name, port=port.number, evidence=port.evidence)
    elif found[same].port is None:
        found[same] = msgspec.structs.replace(found[same], port=port.number)


def _runs_on_timer(files: HostFiles, name: str) -> bool:
    """A service that its timer starts is a job, not a reason to keep the server."""
    folders = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
    return any(files.exists(f"{folder}/{name}.timer") for folder in folders)
