"""The guard that `emit` writes: byte for byte the one that was proved, and executed from the emitted folder, by another process,
over the firings of the written expressions on the days around zone changes."""

import subprocess
import sys
from pathlib import Path

import emit_samples as samples
import pytest

from migrator import targets
from migrator.emit.tree import emit
from migrator.model.job import Schedule
from migrator.schedule import dialects
from migrator.schedule.reading import calendar_of
from migrator.schedule.zones import PROVED_UNTIL, around_changes, to_instant, to_minute

ROOT = Path(__file__).parent.parent
# what platforms can say only with a guard: times in the hours of zone changes, a day or a weekday, days and weekdays at once
SCHEDULES = (
    Schedule(grammar="debian", expressions=("30 2 * * *",), timezone="Europe/Berlin"),
    Schedule(grammar="debian", expressions=("20 0 13 * 5",), timezone="America/New_York"),
    Schedule(grammar="cronie", expressions=("*/30 1-3 * * 1-5",), timezone="Australia/Lord_Howe"),
    Schedule(grammar="debian", expressions=("0 1 */2 * 1",), timezone="Europe/London"),
    # cronie's CRON_TZ: lost where the server's own clock is turned back
    Schedule(grammar="cronie", expressions=("30 21 * * *",), timezone="America/New_York", server_timezone="Europe/Berlin"),
)
# run by an interpreter of its own that knows nothing of this repository: job.json, and lines "EXPRESSION MINUTE"
ASK = """
import importlib, json, sys
from datetime import datetime, timezone
from pathlib import Path
sys.path.insert(0, sys.argv[1])
guard = importlib.import_module("runner.guard")
assert Path(guard.__file__).resolve() == Path(sys.argv[1], "runner", "guard.py").resolve(), guard.__file__
assert not [name for name in sys.modules if name.split(".")[0] == "migrator"]
job = json.loads(Path(sys.argv[1], "job.json").read_text())
for line in sys.stdin:
    expression, minute = map(int, line.split())
    print(int(guard.fires(job["guard"], datetime.fromtimestamp(minute * 60, timezone.utc), expression)))
"""
RUNNING = sorted(samples.RUNNING & {t.NAME for t in targets.ALL if t.DIALECT})


@pytest.mark.parametrize("target", RUNNING)
def test_the_emitted_guard_is_the_proved_file_and_lets_exactly_the_source_through(target: str, tmp_path: Path) -> None:
    entries = [
        samples.entry(target, f"night-{n}", choice="guard", when=when) for n, when in enumerate(SCHEDULES)
    ]  # fmt: skip
    answers = {f"night-{n}/dst": "guard" for n in range(len(SCHEDULES))}
    guarded = held_back = 0
    for entry, when in zip(entries, SCHEDULES, strict=True):
        (chosen,) = entry.translations
        if chosen.guard is None:
            continue
        guarded += 1
        result = emit(samples.plan(entry, answers=answers), samples.SCRIPTS, samples.PLACES, "auto", ())
        assert result.emitted == (entry.job.id,), result.left_out
        for file in result.out_files:
            path = tmp_path / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
        folder = tmp_path / "jobs" / entry.job.id
        assert (folder / "runner/guard.py").read_bytes() == (ROOT / "migrator/runner/guard.py").read_bytes()

        reader = next(dialect for dialect in dialects.ALL if chosen.dialect == dialect.NAME)
        source = calendar_of(when)
        assert source is not None
        start = to_minute(samples.AS_OF)
        windows = [(start, start + 90 * 1440), *around_changes(sorted(source.zones()), start, to_minute(PROVED_UNTIL))[:8]]
        asked = [
            (number, to_minute(at))
            for number, part in enumerate(reader.read(chosen.expressions, chosen.timezone))
            for low, high in windows
            for at in part.occurrences(to_instant(low), to_instant(high))
        ]
        done = subprocess.run(
            [sys.executable, "-I", "-c", ASK, str(folder)],
            input="".join(f"{number} {minute}\n" for number, minute in asked),
            cwd="/", env={}, capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        said = done.stdout.split()
        assert len(said) == len(asked)
        let_through = sorted(minute for (_, minute), word in zip(asked, said, strict=True) if word == "1")
        wanted = sorted({to_minute(at) for low, high in windows for at in source.occurrences(to_instant(low), to_instant(high))})
        assert let_through == wanted, (when.expressions, [str(to_instant(m)) for m in sorted(set(let_through) ^ set(wanted))[:5]])
        assert len(wanted) > 5
        held_back += said.count("0")
    assert guarded >= 2, "this target's dialect had guarded jobs"
    assert held_back > 0
