"""Whether two readings are of one machine: servers may share a name, and a name may pass to another server.

A mark is `kind:digest`, of a kind that a machine has once (`hosts.identity`). What the cloud or the firmware calls a machine is
never that of another one. Else the system's own id and its SSH keys decide, if they agree: an image that was copied with one of
them in it, keys that were changed, a system that was set up anew leave a doubt, which is told and not decided.

Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html,
https://cloud.google.com/compute/docs/instances/get-unique-id-of-vm-instance
"""

import re
from collections.abc import Iterable
from typing import Literal

from migrator.digest import sha256

Answer = Literal["same", "different", "unknown", "doubtful"]
HARDWARE = ("instance", "system-uuid")
WORDS = {"instance": "the cloud's instance id", "system-uuid": "the system UUID", "machine-id": "the machine id"}
DIGITS = 16
# Amazon's, Google's, and Azure's or OpenStack's: cloud-init without a cloud calls many machines `iid-local01` or `nocloud`
CLOUDS_OWN = re.compile(r"i-[0-9a-f]{8,17}|[0-9]{15,20}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def mark(kind: str, value: str) -> str:
    """A value of one kind as it may be kept and compared.

    >>> mark("machine-id", "0123456789abcdef0123456789abcdef")
    'machine-id:f11f7a0ce0674cb1'
    """
    return f"{kind}:{sha256(f'migrator {kind} {value}'.encode())[:DIGITS]}"


def of_instance(instance_id: str | None) -> tuple[str, ...]:
    """The mark of what a cloud calls its machine; none where that is no name of one machine only.

    >>> len(of_instance("i-0123456789abcdef0")), len(of_instance("iid-datasource-none"))
    (1, 0)
    """
    return (mark("instance", instance_id.lower()),) if instance_id and CLOUDS_OWN.fullmatch(instance_id) else ()


def compared(ours: Iterable[str], theirs: Iterable[str]) -> Answer:
    """What the marks of two readings say.

    >>> compared(["machine-id:1"], ["machine-id:1"]), compared(["machine-id:1"], ["machine-id:2"]), compared(["machine-id:1"], [])
    ('same', 'different', 'unknown')
    """
    one, other = _by_kind(ours), _by_kind(theirs)
    common = one.keys() & other.keys()
    equal = {kind for kind in common if one[kind] == other[kind]}
    machine = [kind for kind in HARDWARE if kind in common]
    if machine and machine[0] not in equal:
        return "different"
    system = _of_the_system(common - set(HARDWARE), equal)
    if machine:
        return "doubtful" if system == "different" else "same"
    return system


def _of_the_system(common: set[str], equal: set[str]) -> Answer:
    if not common:
        return "unknown"
    keys = common - {"machine-id"}
    if "machine-id" in common and keys and bool(equal & keys) != ("machine-id" in equal):
        return "doubtful"
    return "same" if equal & common else "different"  # of several keys one may be new


def differing(ours: Iterable[str], theirs: Iterable[str]) -> str:
    """Which marks differ, in words.

    >>> differing(["machine-id:1", "host-key ssh-rsa:2"], ["machine-id:2", "host-key ssh-rsa:3"])
    'the SSH host keys and the machine id'
    """
    one, other = _by_kind(ours), _by_kind(theirs)
    words = {WORDS.get(kind, "the SSH host keys") for kind in one.keys() & other.keys() if one[kind] != other[kind]}
    return " and ".join(sorted(words))


def joined(*readings: Iterable[str]) -> tuple[str, ...]:
    """What several readings of one machine say together, the last word of each kind."""
    known: dict[str, str] = {}
    for marks in readings:
        known |= _by_kind(marks)
    return tuple(sorted(f"{kind}:{digest}" for kind, digest in known.items()))


def _by_kind(marks: Iterable[str]) -> dict[str, str]:
    parts = (one.rpartition(":") for one in marks)
    return {kind: digest for kind, _, digest in parts}
