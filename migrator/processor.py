"""What a share of a processor does to a run: computing takes longer on it, waiting does not.

Without a measured processor time nothing is known about it, and the server's seconds stand.
"""

import msgspec

from migrator.model.option import Shape
from migrator.model.usage import Usage


def computing(usage: Usage | None) -> float | None:
    """Processors that the job keeps busy in its middle run: 0.1 waits for most of the time, 4.0 are four threads.

    None: its processor time was not measured.
    """
    return None if usage is None or usage.cpu_s is None else _busy(usage.cpu_s.p50, usage.duration_s.p50)


def computing_at_most(usage: Usage | None) -> float | None:
    """The same where it matters for a time limit: the larger of the middle run and of the long ones."""
    if usage is None or usage.cpu_s is None:
        return None
    found = [_busy(usage.cpu_s.p50, usage.duration_s.p50), _busy(usage.cpu_s.p95, usage.duration_s.p95)]
    known = [busy for busy in found if busy is not None]
    return max(known) if known else None


def _busy(cpu_s: float | None, duration_s: float | None) -> float | None:
    return cpu_s / duration_s if cpu_s and duration_s else None


def stretch(busy: float | None, vcpu: float) -> float:
    """How many times as long a run takes with `vcpu` processors that kept `busy` of them busy.

    >>> stretch(1.0, 0.25), stretch(0.5, 0.5), stretch(1.0, 6), stretch(4.0, 2), stretch(None, 0.25)
    (4.0, 1.5, 1.0, 2.0, 1.0)
    """
    if busy is None:
        return 1.0
    if busy > 1:  # several threads: nothing waits
        return max(busy / vcpu, 1.0)
    return 1 - busy + busy / min(vcpu, 1.0)


def each(busy: float | None, shape: Shape) -> float | None:
    """The same for one invocation of a shape that does side by side what the job did in `parallelism` processes."""
    width = max((part.parallelism or 1 for part in shape.parts), default=1)
    return None if busy is None else busy / width


def on_a_share(shape: Shape, usage: Usage | None, vcpu: float) -> Shape:
    """The shape with the billed seconds that its parts take on `vcpu` processors."""
    return longer(shape, stretch(each(computing(usage), shape), vcpu))


def longer(shape: Shape, times: float) -> Shape:
    """The shape with parts that take so many times as long."""
    parts = tuple(
        part if part.billed_s is None else msgspec.structs.replace(part, billed_s=part.billed_s * times) for part in shape.parts
    )
    return msgspec.structs.replace(shape, parts=parts)
