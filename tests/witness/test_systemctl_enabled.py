"""Which timers start by themselves: the real `systemctl --root=TREE` enables, masks, presets; the reader must say what it says.

Source: systemctl(1), "is-enabled", "preset"; systemd.unit(5), "[INSTALL] SECTION OPTIONS"
"""

import subprocess
from pathlib import Path

import pytest

from migrator.hosts import reading
from migrator.schedulers import systemd_timer
from migrator.sources import directory

TIMER = "[Timer]\nOnCalendar=daily\n"
INSTALL = "[Install]\nWantedBy=timers.target\n"
UNITS = {  # name: what its package ships
    "on.timer": TIMER + INSTALL,
    "off.timer": TIMER + INSTALL,
    "was-on.timer": TIMER + INSTALL,
    "static.timer": TIMER,
    "pulled-in.timer": TIMER,
    "masked.timer": TIMER + INSTALL,
    "masked-on.timer": TIMER + INSTALL,
    "runtime.timer": TIMER + INSTALL,
    "required.timer": TIMER + "[Install]\nRequiredBy=multi-user.target\n",
    "preset-on.timer": TIMER + INSTALL,
    "preset-off.timer": TIMER + INSTALL,
    "alias.timer": TIMER + INSTALL + "Alias=other-name.timer\n",
    "sync@.timer": TIMER + INSTALL,
    "waits@.timer": TIMER + INSTALL,
    "default@.timer": TIMER + INSTALL + "DefaultInstance=main\n",
}
DONE = (
    "enable on.timer was-on.timer masked-on.timer required.timer alias.timer sync@east.timer sync@west.timer default@.timer",
    "disable was-on.timer",
    "enable --runtime runtime.timer",
    "mask masked.timer masked-on.timer",
    "add-wants multi-user.target pulled-in.timer",
    "preset preset-on.timer preset-off.timer",
)
STARTS = frozenset({"enabled", "enabled-runtime", "alias"})


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("server")
    folder = root / "usr/lib/systemd/system"
    folder.mkdir(parents=True)
    for name, text in UNITS.items():
        (folder / name).write_text(text)
        (folder / name.replace(".timer", ".service")).write_text(f"[Service]\nExecStart=/bin/{name.split('.')[0]} %i\n")
    for name in ("timers.target", "multi-user.target"):
        (folder / name).write_text("[Unit]\nDescription=x\n")
    (root / "etc/systemd/system").mkdir(parents=True)
    presets = root / "usr/lib/systemd/system-preset"
    presets.mkdir()
    (presets / "50-x.preset").write_text("enable preset-on.timer\ndisable *\n")
    for line in DONE:
        systemctl(root, *line.split())
    return root


def systemctl(root: Path, *words: str) -> str:
    done = subprocess.run(
        ["systemctl", f"--root={root}", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0 or words[0] == "is-enabled", done.stderr
    return done.stdout.strip()


def test_a_timer_starts_by_itself_where_systemctl_says_that_it_is_enabled(tree: Path) -> None:
    source = directory.open(str(tree))[0]
    read = {job.logged_as.replace(".service", ".timer"): job for job in systemd_timer.read(source, reading.read(source)[0]).jobs}
    instances = ["sync@east.timer", "sync@west.timer", "default@main.timer"]
    asked = {name: systemctl(tree, "is-enabled", name) for name in [*(name for name in UNITS if "@" not in name), *instances]}
    assert {name for name, state in asked.items() if state == "static"} == {"static.timer"}
    assert {name for name, state in asked.items() if state.startswith("masked")} == {"masked.timer", "masked-on.timer"}
    wanted = {name for name, state in asked.items() if state in STARTS}
    assert wanted >= {
        "on.timer",
        "runtime.timer",
        "pulled-in.timer",
        "required.timer",
        "preset-on.timer",
        "alias.timer",
        *instances,
    }
    assert {name for name, job in read.items() if job.enabled} == wanted
    assert not {"masked.timer", "masked-on.timer", "other-name.timer"} & read.keys()
    assert systemctl(tree, "is-enabled", "other-name.timer") == "alias"  # a second name: no second job
    assert read["waits@.timer"].ignored_reason == "it is a template without an instance"
