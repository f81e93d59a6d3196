"""costs.xlsx: the bill as a finance person checks it, with live formulas over quantities and prices.

Each formula looks only at the lines that it is about: fifty thousand that look through all seventy thousand are billions of cells
for a spreadsheet. What does not fit is said in its place, and what would have been its sum stands there as a plain number.

Source: https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
"""

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import xlsxwriter
import xlsxwriter.worksheet
from xlsxwriter.worksheet import CellFormulaTuple, CellNumberTuple, CellStringTuple

from migrator.model.option import CostItem
from migrator.model.plan import OutFile, Plan
from migrator.pricebook import shared_key, total
from migrator.reports.words import LEAVING, place

FORMAT = "xlsx"
DEFAULT = True
ITSELF = "the server itself"  # in the column of jobs; an empty cell is asked for otherwise by every program that reads sheets
LETTERS = "ABCDEFGHIJK"  # of the columns of the sheet Line items
CREATED = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # a fixed stamp: same plan, same bytes
MOST_ROWS = 1_048_576  # of a sheet, with its head
LONGEST_TEXT = 32_767  # characters of a cell
# a cell of text is written as text whatever it starts with: no formula, no link, no number comes from a server's files
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write(plan: Plan) -> tuple[OutFile, ...]:
    """costs.xlsx with the sheets Servers, Jobs, Line items, Break-even, Kept warm, Assumptions, Prices."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, OPTIONS)
    book.set_properties({"title": "migrator: costs", "created": CREATED})
    head = book.add_format({"bold": True, "bottom": 1})
    usd = book.add_format({"num_format": "$#,##0.00"})
    unit = book.add_format({"num_format": "$0.0000000000"})
    items = _items(plan)
    _servers(book.add_worksheet("Servers"), plan, items, head, usd)
    _jobs(book.add_worksheet("Jobs"), plan, _lines_of((one.host, one.job) for one in items), head, usd)
    _line_items(book.add_worksheet("Line items", worksheet_class=_PlainCells), items, head, unit, usd)
    _break_even(book.add_worksheet("Break-even"), plan, head, usd)
    _kept_warm(book.add_worksheet("Kept warm"), plan, head, usd)
    assumptions = [(a.name, a.value, a.reason, a.if_wrong) for a in plan.assumptions]
    _sheet(book.add_worksheet("Assumptions"), ("assumption", "value", "why", "if it is wrong"), assumptions, head)
    prices = [
        (p.provider, p.service, p.item, p.region, float(p.price_usd), p.unit, p.source, p.as_of) for p in plan.prices.prices
    ]
    columns = ("provider", "service", "item", "region", "USD", "unit", "source", "as of")
    _sheet(book.add_worksheet("Prices"), columns, prices, head)
    book.close()
    return (OutFile(path="costs.xlsx", content=stream.getvalue()),)


class _PlainCells(xlsxwriter.worksheet.Worksheet):  # type: ignore[misc]  # xlsxwriter has no types
    """A sheet of a million cells that hold text, numbers, or formulas that are products: nobody need look in each for the
    functions of newer Excels, for formats of its row, or for marks that XML writes otherwise. What is written is the same."""

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        kind = type(cell)
        number = cell.number if kind is CellNumberTuple else cell.value if kind is CellFormulaTuple else None
        if kind is not CellStringTuple and type(number) is not float and type(number) is not int:
            super()._write_cell(row, col, cell)
            return
        style = f' s="{cell.format._get_xf_index()}"' if cell.format else ""
        at = f'<c r="{LETTERS[col]}{row + 1}"{style}'
        if kind is CellStringTuple:
            self.fh.write(f'{at} t="s"><v>{cell.string}</v></c>')
        elif kind is CellNumberTuple:
            self.fh.write(f"{at}><v>{number:.16G}</v></c>")
        else:
            self.fh.write(f"{at}><f>{cell.formula}</f><v>{number}</v></c>")

    def _prepare_formula(self, formula: str, _expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


class _Line(NamedTuple):
    """One line of a bill: of a job, or of the server itself (""). `counted`: 0 for what another job of the server pays for."""

    host: str
    job: str
    item: CostItem
    counted: int


def _items(plan: Plan) -> list[_Line]:
    """Every bill that is shown, server by server for what jobs share: that is on each job's bill, and once on their server's."""
    found = [_Line(host.host.name, "", item, 1) for host in plan.hosts for item in host.savings.now_items]
    paid: set[tuple[str, str]] = set()
    for entry in plan.jobs:
        if entry.placement.verdict in LEAVING:
            seen = {(entry.job.host, shared_key(item)) for item in entry.placement.option.items if item.shared}
            found += [
                _Line(entry.job.host, entry.job.id, item, int(not (item.shared and (entry.job.host, shared_key(item)) in paid)))
                for item in entry.placement.option.items
            ]
            paid |= seen
    return found


def _text(sheet: Any, line: int, number: int, text: str) -> None:
    """Text as text; of one that is too long for a cell its beginning, and how much more there is."""
    if len(text) > LONGEST_TEXT:
        more = f" ... and {len(text) - LONGEST_TEXT + 80:,} characters more, which a cell cannot hold: see plan.json"
        text = text[: LONGEST_TEXT - 80] + more[:80]
    sheet.write_string(line, number, text)


def _fits(sheet: Any, line: int, count: int) -> bool:
    """Whether there is room for this line of so many; the last one of a full sheet says what is left out."""
    if line < MOST_ROWS - 1 or line == count:
        return line < MOST_ROWS
    if line == MOST_ROWS - 1:
        sheet.write_string(line, 0, f"{count - line + 1:,} lines more do not fit into a sheet: see plan.json, costs.csv")
    return False


def _lines_of(owners: Iterable[object]) -> dict[object, tuple[int, int]]:
    """The first and the last line of each owner in the sheet Line items, as a formula counts them (the head is line 1)."""
    found: dict[object, tuple[int, int]] = {}
    for line, owner in enumerate(owners, 2):
        found[owner] = (found[owner][0], line) if owner in found else (line, line)
    return found


def _sheet(sheet: Any, columns: Iterable[str], rows: Iterable[tuple[object, ...]], head: Any) -> None:
    for number, column in enumerate(columns):
        sheet.write_string(0, number, column, head)
    rows = tuple(rows)
    for line, row in enumerate(rows, 1):
        if not _fits(sheet, line, len(rows)):
            break
        for number, value in enumerate(row):
            _cell(sheet, line, number, value)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 20, 22)


def _cell(sheet: Any, line: int, number: int, value: object, style: Any = None) -> None:
    """Text as text, numbers as numbers; unknown is said."""
    if isinstance(value, int | float | Decimal):
        sheet.write_number(line, number, float(value), style)
    else:
        _text(sheet, line, number, "unknown" if value is None else str(value))


def _servers(sheet: Any, plan: Plan, items: list[_Line], head: Any, usd: Any) -> None:
    """Cost now and then as sums over the sheet Line items; what is unknown stays text."""
    _sheet(sheet, ("server", "can go", "now", "jobs elsewhere", "banked", "blocked by", "not in these figures"), (), head)
    counted: dict[str, list[CostItem]] = {}
    for one in items:
        if one.job and one.counted:
            counted.setdefault(one.host, []).append(one.item)
    lines_of = _lines_of((one.host, bool(one.job)) for one in items)
    for line, host in enumerate(plan.hosts, 1):
        if not _fits(sheet, line, len(plan.hosts)):
            break
        savings, name = host.savings, host.host.name
        _text(sheet, line, 0, name)
        sheet.write_string(line, 1, "yes" if savings.can_go else "no")
        values = (savings.now_monthly_cost, total(counted.get(name, ())))
        for number, value in enumerate(values, 2):
            if value is None:
                sheet.write_string(line, number, "unknown")
                continue
            lines = lines_of.get((name, number == 3), (2, 2))
            criterion = f'"{ITSELF}"' if number == 2 else f'"<>{ITSELF}"'
            where = (_column("A", lines), f"A{line + 1}", _column("B", lines), criterion, _column("K", lines), "1")
            _sum(sheet, line, number, lines, where, usd, value)
        if savings.banked_monthly is None:
            sheet.write_string(line, 4, "unknown")
        else:
            sheet.write_formula(line, 4, f'=IF(B{line + 1}="yes",C{line + 1}-D{line + 1},0)', usd, float(savings.banked_monthly))
        _text(sheet, line, 5, "; ".join(savings.blockers))
        _text(sheet, line, 6, "; ".join(savings.unknowns))


def _column(letter: str, lines: tuple[int, int]) -> str:
    return f"'Line items'!${letter}${lines[0]}:${letter}${lines[1]}"


def _sum(sheet: Any, line: int, number: int, lines: tuple[int, int], where: Iterable[str], usd: Any, value: Decimal) -> None:
    """The sum of those of these line items that are meant; a plain number where they do not all fit into their sheet."""
    if lines[1] >= MOST_ROWS:
        sheet.write_number(line, number, float(value), usd)
    else:
        sheet.write_formula(line, number, f"=SUMIFS({','.join([_column('G', lines), *where])})", usd, float(value))


def _jobs(sheet: Any, plan: Plan, lines_of: Mapping[object, tuple[int, int]], head: Any, usd: Any) -> None:
    columns = ("server", "job", "name", "schedule", "goes to", "shape", "a month", "runs a month", "p95 s", "longest s")
    _sheet(sheet, columns, (), head)
    for line, entry in enumerate(plan.jobs, 1):
        if not _fits(sheet, line, len(plan.jobs)):
            break
        usage, chosen = entry.usage, entry.placement.option
        texts = (entry.job.host, entry.job.id, entry.job.name, " | ".join(entry.job.schedule.expressions))
        for number, text in enumerate((*texts, place(entry.placement), chosen.shape)):
            _text(sheet, line, number, text)
        if entry.placement.verdict in LEAVING and chosen.monthly_cost is not None:
            lines = lines_of.get((entry.job.host, entry.job.id), (2, 2))
            _sum(sheet, line, 6, lines, (_column("B", lines), f"B{line + 1}"), usd, chosen.monthly_cost)
        elif entry.placement.verdict in LEAVING:
            sheet.write_string(line, 6, "unknown")
        spread = usage.duration_s if usage else None
        numbers = (usage.monthly_runs if usage else None, spread.p95 if spread else None, spread.max if spread else None)
        for number, value in enumerate(numbers, 7):
            _cell(sheet, line, number, value)


def _break_even(sheet: Any, plan: Plan, head: Any, usd: Any) -> None:
    """How much each job works, and from how much on each place costs more than what it is compared with; the bill at today's
    share as a formula."""
    columns = (
        "server",
        "job",
        "works (share of the time)",
        "low",
        "high",
        "place",
        "size",
        "an hour of this work",
        "standing a month",
        "bill if every hour costs the same",
        "break-even (share of the time)",
        "against the whole server",
        "compared with",
        "that costs a month",
    )
    _sheet(sheet, columns, (), head)
    hours = next((a.value for a in plan.assumptions if a.name == "month_hours"), 0.0)
    line = 0
    many = sum(len(entry.steadiness.places) for entry in plan.jobs if entry.steadiness is not None)
    for entry in plan.jobs:
        found = entry.steadiness
        if found is None:
            continue
        duty = found.duty
        for place_there in found.places:
            line += 1
            if not _fits(sheet, line, many):
                return
            said: tuple[object, ...] = (
                entry.job.host,
                entry.job.id,
                duty.share,
                duty.low,
                duty.high,
                place_there.title,
                place_there.size,
            )
            for number, value in enumerate(said):
                _cell(sheet, line, number, value)
            _cell(sheet, line, 7, place_there.hour_usd, usd)
            _cell(sheet, line, 8, place_there.standing_monthly, usd)
            if duty.share is None or place_there.hour_usd is None:
                sheet.write_string(line, 9, "unknown")
            else:
                now = place_there.standing_monthly + place_there.hour_usd * Decimal(str(duty.share)) * Decimal(str(hours))
                sheet.write_formula(line, 9, f"=I{line + 1}+H{line + 1}*C{line + 1}*{hours}", usd, float(now))
            rest: tuple[object, ...] = (place_there.share, place_there.server_share, found.compared, found.compared_monthly)
            for number, value in enumerate(rest, 10):
                _cell(sheet, line, number, value)


def _kept_warm(sheet: Any, plan: Plan, head: Any, usd: Any) -> None:
    """What an instance that always stands ready would cost for the jobs that start slowly and often."""
    columns = (
        "server",
        "job",
        "what",
        "size",
        "kept warm a month",
        "on demand a month",
        "a server like it",
        "that costs a month",
    )
    _sheet(sheet, columns, (), head)
    rows = [(entry.job, warm) for entry in plan.jobs for warm in entry.kept_warm]
    for line, (job, warm) in enumerate(rows, 1):
        if not _fits(sheet, line, len(rows)):
            break
        for number, text in enumerate((job.host, job.id, warm.name, warm.size)):
            sheet.write_string(line, number, text)
        _cell(sheet, line, 4, warm.monthly_cost, usd)
        _cell(sheet, line, 5, warm.on_demand_monthly, usd)
        _cell(sheet, line, 6, warm.like or "none known")
        _cell(sheet, line, 7, warm.like_monthly, usd)


def _line_items(sheet: Any, items: list[_Line], head: Any, unit: Any, usd: Any) -> None:
    columns = (
        "server",
        "job",
        "item",
        "unit",
        "quantity a month",
        "unit price",
        "a month",
        "price from",
        "as of",
        "note",
        "counted",
    )
    _sheet(sheet, columns, (), head)
    for line, (host, job, item, counted) in enumerate(items, 1):
        if not _fits(sheet, line, len(items)):
            break
        for number, text in enumerate((host, job or ITSELF, item.name, item.unit)):
            _text(sheet, line, number, text)
        _cell(sheet, line, 4, item.monthly_quantity)
        sheet.write_number(line, 5, float(item.unit_price), unit)
        if item.monthly_cost is None:
            sheet.write_string(line, 6, "unknown")
        else:
            sheet.write_formula(line, 6, f"=E{line + 1}*F{line + 1}", usd, float(item.monthly_cost))
        for number, text in enumerate((item.source, item.as_of, item.note or ""), 7):
            _text(sheet, line, number, text)
        sheet.write_number(line, 10, counted)  # 0: the gateway, registry or alert that another job of the server pays for
