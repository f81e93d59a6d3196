"""The real robfig/cron library, which Kubernetes' CronJob controller runs on, against our reading of what we write for it."""

import os
import random
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from migrator.model.job import Schedule
from migrator.schedule import crontab
from migrator.schedule.days import ones
from migrator.schedule.dialects import kubernetes
from migrator.schedule.readback.kubernetes import read
from migrator.schedule.translate import translations
from migrator.schedule.zones import around_changes, to_minute, transitions

HERE = Path(__file__).parent
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland")
START, END = (to_minute(datetime(year, 1, 1, tzinfo=UTC)) for year in (2026, 2028))


def field(rng: random.Random, low: int, high: int) -> str:
    first = rng.randint(low, high)
    return rng.choice(["*", "*", f"*/{rng.randint(2, 9)}", str(first), f"{first}-{rng.randint(first, high)}", f"{low},{first}"])


def expressions() -> list[str]:
    rng = random.Random(5)
    made = [" ".join(field(rng, low, high) for low, high in ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))) for _ in range(110)]
    return ["30 2 * * *", "0 0 13 * 5", "0 0 */2 * 1", "0 0 1 * */2", "30 4 1,15 * 5", "@daily", "0 6 * * 1-5/2", *made]


def answers(asked: list[tuple[str, str, int, int]], tmp_path: Path, name: str = "robfig_next") -> list[str]:
    go = shutil.which("go")
    assert go, "go is missing: .ci/packages witness installs it"
    environment = os.environ | {
        "GO111MODULE": "off",
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(tmp_path / "cache"),
        "GOFLAGS": "",
    }
    program = tmp_path / name
    subprocess.run([go, "build", "-o", program, HERE / f"{name}.go"], env=environment, check=True, timeout=300)
    text = "".join("\t".join(str(word) for word in item) + "\n" for item in asked)
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=True, timeout=300)
    return done.stdout.splitlines()


def test_kubernetes_own_library_fires_as_we_read_it(tmp_path: Path) -> None:
    written = []
    for zone in ZONES:
        for source in expressions():
            (found,) = translations(
                Schedule(grammar="debian", expressions=(source,), timezone=zone), {}, names=frozenset({"kubernetes"})
            )
            written += [(found.timezone, text) for text in found.expressions]
    ours_and_source = sorted({*written, *((zone, text) for zone in ZONES for text in expressions())})
    asked = []
    for zone, text in ours_and_source:
        windows = [(START, START + 60 * 1440), *around_changes([zone], START, END)]
        asked += [(zone, text, low, high) for low, high in windows]
    wrong = []
    for (zone, text, low, high), answer in zip(asked, answers(asked, tmp_path), strict=True):
        theirs = [int(minute) for minute in answer.split()] if answer != "error" else None
        calendar = crontab.read(text, "kubernetes", zone)
        ours = [to_minute(at) for at in calendar.occurrences(*(datetime.fromtimestamp(m * 60, UTC) for m in (low, high)))]
        if ours != theirs:
            wrong.append(f"{zone} {text}: {None if theirs is None else sorted(set(ours) ^ set(theirs))[:3]}")
    assert len({text for _, text, _, _ in asked}) >= 60
    assert not wrong, f"{len(wrong)} of {len(asked)}\n" + "\n".join(wrong[:30])


def test_where_it_goes_astray_we_do_not_claim_to_know(tmp_path: Path) -> None:
    """Beyond the hours of the change, so that no law for these hours would do: a whole day of Cairo's, and on Lord Howe Island
    the Sunday a week after."""
    for zone, text, least in (
        ("Africa/Cairo", "0,19 * 24-25 * 5", 10 * 60),
        ("America/Santiago", "9 */3 * * 6", 2 * 60),
        ("Australia/Lord_Howe", "0 0 * * 0", 160 * 60),
    ):
        (calendar,) = read((text,), zone)
        assert calendar.dst == "astray"
        (theirs,) = answers([(zone, text, START, END)], tmp_path)
        ours = {START + bit for bit in ones(calendar.minutes(START, END))}
        away = ours ^ {int(word) for word in theirs.split()}
        changes = [at for at, _, _ in transitions(zone, START, END)]
        assert max(min(abs(minute - at) for at in changes) for minute in away) >= least, f"{zone}: robfig/cron has been repaired"
        when = Schedule(grammar="debian", expressions=(text,), timezone=zone)
        (found,) = translations(when, {}, names=frozenset({"kubernetes"}))
        assert found.proof.status == "undocumented"


def test_what_it_rejects_we_do_not_write(tmp_path: Path) -> None:
    every = kubernetes.write(crontab.read("0 9 * * 7", "debian", "UTC"), "accept").expressions
    assert answers([("UTC", every[0], START, END), ("UTC", "0 9 * * 7", START, END)], tmp_path)[1] == "error"
    assert "error" not in answers([("UTC", every[0], START, END)], tmp_path)
