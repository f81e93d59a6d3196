"""Makes migrator/scripts/system_programs.txt: `python benchmarks/system_programs.py > migrator/scripts/system_programs.txt`.

The programs that Debian packages of the sections admin, kernel, utils and net put into /sbin and /usr/sbin, which the Filesystem
Hierarchy Standard keeps for the administration of the system. From the Contents index that `apt-get update` fetches. Names like
`backup.sh`, which a job of somebody's own may have as well, are left out. Beside them the programs in /bin and /usr/bin of the packages
below, chosen by their descriptions among the sections admin, kernel and utils: all of these look after one machine's hardware, disks,
power, accounts, keys in its kernel, its firmware or its packages. (Debian's tags were tried: half of what they call administration
is OpenStack, emulators, and tools about files.)
"""

# ruff: noqa: E501 - tables

import re

from draw_labels import lists

from migrator.scripts.programs import OF_THE_MACHINE

OF_BIN = frozenset(
    "acpitail acpitool apt-utils arch-install-scripts at atop battery-stats bluez bolt btrfs-progs bubblewrap cado cciss-vol-status "
    "cgpt cgroup-tools cgroupfs-mount cloud-guest-utils cloud-init conspy cpufreqd cpufrequtils cpuid crash cruft cruft-ng cryptmount "
    "cryptsetup-bin cupt debfoster deborphan depthcharge-tools di dmidecode dmsetup downtimed dpdk drbd-utils edid-decode efibootmgr "
    "efitools efivar elogind evtest fai-client fdutils fscrypt fuse fuse3 fwupd gdebi-core gpm gsmartcontrol hdparm hwinfo i2c-tools idlestat "
    "input-utils intel-gpu-tools inxi iotop ipmctl ipmitool irqbalance isenkram-cli joystick kbd keyutils kmod laptop-detect libvirt-clients linux-base "
    "lm-sensors loadwatch login lshw lsscsi lxc lxcfs lxd lxd-tools malcontent mbmon mdadm mdevctl members module-assistant mokutil mt-st mtx nala "
    "ndctl needrestart-session nilfs-tools nohang nslcd-utils numactl numad nut-client nut-server nvme-cli ocfs2-tools openipmi opensc "
    "passwd pciutils pkexec pm-utils pmount policycoreutils polkitd power-profiles-daemon powercap-utils powerman powermgmt-base powerstat "
    "procinfo pcsc-tools quota rauc rdate read-edid rpm schedtool sdparm seatd setserial sg3-utils sleepd smartmontools smp-utils sosreport "
    "spectre-meltdown-checker statserial stenc sysstat systemd systemd-container systemd-homed systemd-oomd systemd-userdbd targetcli-fb "
    "thunderbolt-tools tpm-tools tpm2-tools udisks2 uidmap upower usbguard usbutils v4l-utils wajig whowatch wireless-tools xen-utils-common "
    "xmbmon xserver-xorg-input-wacom yacpi yubikey-luks zfsutils-linux mtools acct smem net-tools iproute2 ethtool".split()
)
# which do their work wherever they run
NOT_OF_BIN = frozenset(
    "dpkg-deb dpkg-split rpmbuild rpmspec rpmlua rpmgraph rpmsign gendiff cloud-localds getopt systemd-escape systemd-path systemd-id128 "
    "systemd-notify systemd-cat systemd-run aa-exec opensc-asn1 bwrap fakeroot edid-decode linux-version sg login apt-ftparchive "
    "apt-sortpkgs apt-extracttemplates mtools mcat mcd mcopy mdel mdeltree mdir mdu mmd mmove mren mshowfat mtype mzip mcomp lz uz "
    "pkcs15-crypt crash members minfo pm tgz downtime downtimes codepage vcs-run scriptor gscriptor mpris-proxy splitfont psfaddtable "
    "psfgettable psfstriptable psfxtable mkmanifest mxtar xdfcopy xdfformat mtoolstest mrd mcheck mclasserase mattrib virt-xml-validate "
    "virt-pki-query-dn virt-pki-validate fai-sed fai-class fai-link ainsl di batch memhog dpcd_reg".split()
)
SECTIONS = frozenset({"admin", "kernel", "utils", "net"})


def main() -> None:
    """Prints the names, sorted."""
    found = set()
    for line in lists("Contents-").splitlines():
        if match := re.fullmatch(r"(?:usr/)?sbin/([\w.+-]+)\s+(\S+)", line):
            sections = {owner.split("/")[-2] for owner in match[2].split(",") if "/" in owner}
            if sections & SECTIONS and not match[1].endswith((".sh", ".pl", ".py")):
                found.add(match[1])
        elif (match := re.fullmatch(r"(?:usr/)?bin/([\w.+-]+)\s+(\S+)", line)) and match[1] not in NOT_OF_BIN:
            owners = {owner.split("/")[-1] for owner in match[2].split(",")}
            found |= set() if OF_BIN.isdisjoint(owners) else {match[1]}
    found = {name for name in found if not name.startswith(OF_THE_MACHINE)}
    print("\n".join(sorted(found)))


if __name__ == "__main__":
    main()
