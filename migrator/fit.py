"""Sets needs against limits: the only place where the two vocabularies meet.

A need that no limit answers is a hard misfit: what nobody has promised is not there.
"""

from migrator.assumptions import Assumptions
from migrator.model.finding import Need, NeedKind
from migrator.model.option import AtMost, Limit, Misfit, OneOf, Shape, Size
from migrator.processor import stretch

UNITS: dict[NeedKind, str] = {"duration_s": "s", "memory_mib": "MiB", "vcpu": "vCPU", "scratch_mib": "MiB of disk"}
WORDS: dict[NeedKind, str] = {
    "duration_s": "run time",
    "memory_mib": "memory",
    "vcpu": "processors",
    "scratch_mib": "scratch space",
    "architecture": "architecture",
    "persistent_files": "files that a later run sees",
    "local_files": "files on this server's disk",
    "private_network": "the server's private network",
    "host_access": "the machine itself",
    "root": "root privileges",
    "container_engine": "a container engine",
    "single_flight": "never two runs at once",
    "at_most_once": "at most one run per scheduled instant",
    "runtime": "a program in the image",
    "stdin": "standard input",
    "local_service": "a service on the same machine",
    "sub_minute": "starts finer than a minute",
    "fixed_address": "a fixed public address",
}


def misfits(
    needs: tuple[Need, ...], limits: tuple[Limit, ...], size: Size | None, busy: float | None = None
) -> tuple[Misfit, ...]:
    """What a place does not meet, in the order of `needs`; empty if everything fits. `size` None: only the limits count.

    `busy`: processors that the job keeps busy (None: not measured); on less than that it takes longer.
    """
    answers = {limit.need: limit for limit in limits}
    found: list[Misfit] = []
    for need in needs:
        message = _against_limit(need, answers.get(need.kind)) or _against_size(need, size, busy, needs)
        if message is not None:
            found.append(Misfit(need=need.kind, message=message, hard=not need.soft, rule=need.rule))
    return tuple(found)


def size_for(sizes: tuple[Size, ...], needs: tuple[Need, ...], memory_mib: float, busy: float | None = None) -> Size | None:
    """The first of `sizes` (smallest first) that holds `memory_mib` and the needs for memory, processors, scratch,
    architecture and run time (as long as it takes there); the largest where none does, so that its misfits say why; None
    where none is sold."""
    if not sizes:
        return None
    asked = (*needs, Need(kind="memory_mib", amount=memory_mib))
    for size in sizes:
        if all(_against_size(need, size, busy, asked) is None for need in asked):
            return size
    return max(sizes, key=lambda size: (size.memory_mib, size.vcpu))


def fitting(sizes: tuple[Size, ...], needs: tuple[Need, ...], memory_mib: float, busy: float | None = None) -> tuple[Size, ...]:
    """All sizes that hold what `size_for` asks of one, in their order."""
    asked = (*needs, Need(kind="memory_mib", amount=memory_mib))
    return tuple(size for size in sizes if all(_against_size(need, size, busy, asked) is None for need in asked))


def one_per_share(sizes: tuple[Size, ...], architecture: str) -> tuple[Size, ...]:
    """Of the sizes with the same processors the first: more memory than is needed is only dearer."""
    kept: dict[float, Size] = {}
    for size in sizes:
        if size.architecture == architecture:
            kept.setdefault(size.vcpu, size)
    return tuple(kept.values())


def why_not(size: Size, needs: tuple[Need, ...], memory_mib: float, busy: float | None = None) -> str | None:
    """What a size does not hold, the first thing; None if it holds all."""
    asked = (*needs, Need(kind="memory_mib", amount=memory_mib))
    return next((why for need in asked if (why := _against_size(need, size, busy, asked)) is not None), None)


def memory_mib(shape: Shape, needs: tuple[Need, ...], assumptions: Assumptions) -> tuple[float, bool]:
    """Memory to choose a size by, and whether it was measured: the largest memory need (a rule already put its headroom on
    a measured peak), else the assumption; none where the shape relieves it. Measured is what a part of the shape carries."""
    if "memory_mib" in shape.relieves:
        return 0.0, True
    measured = any(part.memory_mib is not None for part in shape.parts)
    amounts = [need.amount for need in needs if need.kind == "memory_mib" and need.amount is not None]
    if amounts:
        return max(amounts), measured
    peaks = [part.memory_mib for part in shape.parts if part.memory_mib is not None]
    if peaks:
        return max(peaks) * assumptions.memory_headroom, True
    return float(assumptions.unmeasured_memory_mib), False


def needs_of(needs: tuple[Need, ...], shape: Shape) -> tuple[Need, ...]:
    """The needs of one shape: `needs` without those that it relieves, with those that it adds; one of each kind and choice
    (the largest amount wins, and a hard one over a soft one), in the order of first mention."""
    merged: dict[tuple[NeedKind, str | None], Need] = {}
    kept = [need for need in needs if need.kind not in shape.relieves]
    for need in (*kept, *shape.adds):
        key = (need.kind, need.choice)
        old = merged.get(key)
        merged[key] = need if old is None else _larger(old, need)
    return tuple(merged.values())


def duration_s(needs: tuple[Need, ...], size: Size | None = None, busy: float | None = None) -> float | None:
    """The longest run that is asked for, headroom included, as long as it takes on `size`; None: not measured."""
    amounts = [need.amount for need in needs if need.kind == "duration_s" and need.amount is not None]
    return max(amounts) * (1 if size is None else stretch(busy, size.vcpu)) if amounts else None


def _larger(old: Need, new: Need) -> Need:
    if old.soft != new.soft:
        return new if old.soft else old
    if new.amount is not None and (old.amount is None or new.amount > old.amount):
        return new
    return old


def _against_limit(need: Need, limit: Limit | None) -> str | None:
    if limit is None:
        return f"{WORDS[need.kind]}: nothing is promised about it"
    answer = limit.answer
    condition = f" ({limit.condition})" if limit.condition else ""
    if isinstance(answer, AtMost):
        if need.amount is not None and need.amount > answer.amount:
            unit = UNITS.get(need.kind, "")
            return f"{WORDS[need.kind]}: {need.amount:,.0f} {unit} asked; at most {answer.amount:,.0f} {unit}{condition}"
        return None
    if isinstance(answer, OneOf):
        if need.choice is not None and need.choice not in answer.choices:
            return f"{WORDS[need.kind]}: {need.choice} asked; {', '.join(answer.choices)} offered{condition}"
        return None
    if not answer.offered:
        asked = f" ({need.choice})" if need.choice else ""
        return f"{WORDS[need.kind]}{asked}: not offered; {answer.how}{condition}"
    return None


def _against_size(need: Need, size: Size | None, busy: float | None, asked: tuple[Need, ...]) -> str | None:
    if size is None:
        return None
    if need.kind == "duration_s" and need.amount is not None and size.timeout_s is not None:
        longer = need.amount * stretch(busy, size.vcpu)
        if need.amount <= size.timeout_s < longer:
            share = f"{size.vcpu:.2g} " + ("of a processor" if size.vcpu < 1 else "processors")
            there = f"{need.amount:,.0f} s become {longer:,.0f} s on {share}"
            return f"run time: {there}; size {size.name} has {size.timeout_s:,.0f} s"
    has: dict[NeedKind, float | None] = {
        "memory_mib": float(size.memory_mib),
        "vcpu": size.vcpu,
        "scratch_mib": None if size.scratch_mib is None else float(size.scratch_mib),
        "duration_s": size.timeout_s,
    }
    if need.kind == "architecture":
        if need.choice is not None and need.choice != size.architecture:
            return f"architecture: {need.choice} asked; size {size.name} is {size.architecture}"
        return None
    if need.kind == "scratch_mib" and size.scratch_in_memory and need.amount is not None:
        return _files_in_memory(need.amount, size, asked)
    most = has.get(need.kind)
    if need.amount is None or most is None or need.amount <= most:
        return None
    unit = UNITS.get(need.kind, "")
    return f"{WORDS[need.kind]}: {need.amount:,.0f} {unit} asked; size {size.name} has {most:,.0f} {unit}"


def _files_in_memory(scratch_mib: float, size: Size, asked: tuple[Need, ...]) -> str | None:
    """Where files are held in memory, both must fit into it at the same time."""
    memory_mib = max((need.amount for need in asked if need.kind == "memory_mib" and need.amount is not None), default=0.0)
    if memory_mib + scratch_mib <= size.memory_mib:
        return None
    together = f"{scratch_mib:,.0f} MiB of files are held in memory, beside {memory_mib:,.0f} MiB of the program"
    return f"scratch space: {together}; size {size.name} has {size.memory_mib:,.0f} MiB"
