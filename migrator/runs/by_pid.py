"""The last start of each process number, for what names nothing else: failures, and the kernel's accounting."""

from collections.abc import Iterator, Sequence

from migrator.columns import NONE
from migrator.runs.account import Record, account, told
from migrator.runs.parts import Start

FEW_PIDS = 64  # remembered without a look at which are finished: 512 were 4 MB where forty hosts write one log


class ByPid:
    """Those of one host. `records`: of the accounting that no start was looked for yet."""

    def __init__(self, near_us: int) -> None:
        self._near_us = near_us
        self.own: dict[int, Start] = {}  # by the job's own process
        self.parents: dict[int, Start] = {}
        self.records: list[Record] = []
        self._passed: tuple[list[int], list[int]] = [], []
        self._most = FEW_PIDS

    def passed_by(self, pids: Sequence[int], numbers: Sequence[int]) -> None:
        """Starts that `calm` found and no machine sees: their process numbers are no older start's any more."""
        self._passed[0].extend(pids)
        self._passed[1].extend(numbers)

    def pass_by(self) -> None:
        """Forget the older starts of these numbers."""
        pids, numbers = self._passed
        if pids and not self.own.keys().isdisjoint(pids):
            for pid, number in zip(pids, numbers, strict=True):
                if pid in self.own and self.own[pid].number < number:
                    del self.own[pid]
        self._passed = [], []

    def forget_emitted(self, *, many: bool = False) -> None:
        """Let go of what is finished, where there is much. `many`: much was finished at once."""
        if many or len(self.own) + len(self.parents) > self._most:
            self.own = {pid: start for pid, start in self.own.items() if not start.emitted}
            self.parents = {pid: start for pid, start in self.parents.items() if not start.emitted}
            self._most = max(FEW_PIDS, 2 * (len(self.own) + len(self.parents)))

    def failed(self, pid: int, at_us: int) -> Start | None:
        """The start whose process ended with a status that it does not know."""
        start = self.own.get(pid) if pid >= 0 else None
        return start if start is not None and start.exit_status == NONE and start.at_us <= at_us else None

    def account(self, before_us: int) -> Iterator[tuple[Record, Start | None]]:
        """The records up to then, each with its start, which knows it now; None where no log has one."""
        later = []
        for record in self.records:
            if record.at_us > before_us:
                later.append(record)
                continue
            yield record, account(record, (self.own.get(record.pid), self.parents.get(record.parent)), self._near_us)
        self.records = later


def unlogged(record: Record, life: int) -> Start:
    """The run of a record that no log has the start of."""
    start = Start(record.said, record.at_us, record.pid, record.resolution_us, life, record.number)
    told(start, record)
    return start
