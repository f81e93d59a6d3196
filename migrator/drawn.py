"""What is drawn on a terminal, with rich: a table that fits it, a bar of progress. `terminal` loads this where there is one."""

from collections.abc import Callable, Collection, Iterable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text


def table(columns: Sequence[str], cells: Iterable[Sequence[str]], whole: Collection[str]) -> None:
    """Rows under their columns, drawn to fit; cells of the columns in `whole` are never wrapped."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold", no_wrap=column in whole)
    for row in cells:
        drawn.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(drawn)


class _Rate(ProgressColumn):
    """How many things are done a second, or a minute where that is less than one."""

    def render(self, task: Task) -> Text:
        """The rate in words; a dash as long as it is not known."""
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("-/s")
        return Text(f"{speed:.1f}/s" if speed >= 1 else f"{speed * 60:.1f}/min")


def bar(title: str, total: int, *, rate: bool) -> tuple[Progress, Callable[[], None]]:
    """A bar that is not shown yet, and what moves it on by one."""
    more = (_Rate(), TimeRemainingColumn(elapsed_when_finished=True)) if rate else ()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), *more)
    made = Progress(*columns, console=Console(stderr=True), transient=True)
    task = made.add_task(title, total=total)
    return made, lambda: made.advance(task)
