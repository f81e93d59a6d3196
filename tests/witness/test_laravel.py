"""What Laravel's own scheduler makes of its methods, asked of Laravel (Debian's php-illuminate-console), against what is read.

Source: Illuminate\\Console\\Scheduling\\ManagesFrequencies 8.83; methods and forms of arguments that are newer are not asked.
"""

import json
import random
import subprocess
from pathlib import Path

import tools

from migrator.model.job import Job, Schedule
from migrator.model.source import Location
from migrator.schedule.reading import calendar_of
from migrator.scripts import laravel_schedule
from migrator.sources import directory

UNCOVERED = "what Laravel's methods of frequency say"
AUTOLOAD = Path("/usr/share/php/Illuminate/Console/autoload.php")
NEWER = {"everyOddHour", "everyTwoHours", "everyThreeHours", "everyFourHours", "everySixHours", "quarterlyOn", "daysOfMonth"}
CLOCKS = ("'0:0'", "'13:05'", "'7'", "'23:59'", "'04:5'", "'9:00:00'", "'8.30'", "'25:00'", "$at")
ARGUMENTS = {
    "at": CLOCKS, "dailyAt": CLOCKS, "weeklyOn": ("1, '8:00'", "'1,3', '8:15'", "0", "1, $at"),
    "monthlyOn": ("", "4, '15:00'", "31", "$day"), "lastDayOfMonth": ("", "'15:00'"),
    "twiceMonthly": ("", "2, 20", "1, 16, '13:00'"),
    "yearlyOn": ("", "6, 1, '17:00'", "7"), "cron": ("'15 3 * * 1-5'", "'*/7 * * * *'"), "hourlyAt": ("17", "[15, 45]"),
    "twiceDaily": ("", "3, 15", "3"), "twiceDailyAt": ("", "1, 13, 15", "4, 5"), "days": ("1, 3", "[0, 3]", "'1-5'", "2"),
}  # fmt: skip
PROGRAM = r"""<?php
require $argv[1];
use Illuminate\Console\Scheduling\ManagesFrequencies;
class One { use ManagesFrequencies; public $expression = '* * * * *'; public $timezone; }
$at = '11:11'; $day = 9;
$said = [];
foreach (json_decode(file_get_contents($argv[2])) as $chain) {
    $one = new One;
    try { eval('$one' . $chain . ';'); $said[] = $one->expression; } catch (\Throwable $error) { $said[] = null; }
}
echo json_encode($said);
"""


def chains(draw: random.Random) -> list[str]:
    names = sorted((laravel_schedule.FREQUENCIES - set(laravel_schedule.SECONDS)) - (NEWER - {"everyTwoHours", "everySixHours"}))
    return [
        "".join(f"->{name}({draw.choice(ARGUMENTS.get(name, ('',)))})" for name in draw.sample(names, draw.randint(1, 2)))
        for _ in range(90)
    ]


def test_every_method_is_read_as_laravel_reads_it(tmp_path: Path) -> None:
    php = tools.program("php", UNCOVERED)
    if not AUTOLOAD.exists():
        tools.missing("php-illuminate-console", UNCOVERED)
    (tmp_path / "ask.php").write_text(PROGRAM)
    (tmp_path / "app/Console").mkdir(parents=True)
    job = Job(
        id="a", host="h", name="a", location=Location(host="h", path="/a"), scheduler="x", user="a", command="x", logged_as="x",
        schedule=Schedule(grammar="debian", expressions=("* * * * *",), timezone="UTC"),
    )  # fmt: skip
    read = refused = 0
    for round_ in range(8):
        asked = chains(random.Random(round_))
        (tmp_path / "asked.json").write_text(json.dumps(asked))
        command = [php, tmp_path / "ask.php", AUTOLOAD, tmp_path / "asked.json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=tools.environment())
        said = json.loads(done.stdout)
        lines = "\n".join(f"$schedule->command('x'){chain};" for chain in asked)
        (tmp_path / "app/Console/Kernel.php").write_text(f"<?php\n{lines}\n")
        (files,) = directory.open(str(tmp_path))
        found = laravel_schedule.found(files, job, "")
        assert len(found) == len(asked), "no job is lost"
        for chain, expression, fact in zip(asked, said, found, strict=True):
            ours = fact.value.partition(": x")[0].removesuffix(f" ({laravel_schedule.UNREAD_ZONE})")
            if ours.startswith("(computed"):
                refused += 1
                continue
            assert expression is not None, (chain, ours)
            if " L " in ours:
                ours = " ".join(a if b == "L" else b for a, b in zip(expression.split(), ours.split(), strict=True))
            theirs = expression.replace("0,30 ", "*/30 ")  # everyThirtyMinutes, by release
            schedules = [Schedule(grammar="cronie", expressions=(one,), timezone="UTC") for one in (theirs, ours)]
            assert calendar_of(schedules[0]) == calendar_of(schedules[1]), (chain, expression, ours)
            read += 1
    assert read > 4 * refused, (read, refused)
