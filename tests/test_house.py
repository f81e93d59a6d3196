"""The laws of the house that linters do not know: floors, doors, name plates, names, sizes, and three files for one more."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "migrator"
FILES = sorted(PACKAGE.rglob("*.py"))

ROOMS = (
    "sources hosts schedulers logfiles runlogs runs scripts rules shapes targets resources prices reports "
    "links usage fit optimise savings review diff emit"
).split()
NAME_PLATES = "sources hosts schedulers logfiles runlogs scripts rules shapes targets resources prices reports".split()
FLOORS = {
    "model": 0, "assumptions": 0, "errors": 0, "runner": 0,
    "schedule": 1, "blocks": 1, "tables": 1, "render": 1, "aws": 1, "planfile": 1, "files": 1, "redact": 1, "terminal": 1,
    "upkeep": 1, "pricebook": 1, "secret_names": 1, "processor": 1, "crossover": 1, "interval": 1, "unmet": 1, "one_request": 1,
    "decisions_file": 1, "columns": 1, "carried": 1, "path_kind": 1, "chains": 1, "sh_form": 1, "cloud_calls": 1, "frames": 1,
    "drawn": 1, "other_user": 1, "host_name": 1, "log_quality": 1, "collector": 1, "spool": 1, "shelf": 1,
    "locales": 1, "topics": 1, "same_machine": 1, "digest": 1,
    **dict.fromkeys(ROOMS, 2),
    "regions": 1, "workflow_services": 1,
    "quotas": 1,
    "not_offered": 1,
    "pipeline": 3, "options": 3, "verdict": 3, "account": 3, "stated": 3, "unstated": 3, "shrink": 3, "measuring": 3,
    "understanding": 3,
    "ownlogs": 3, "logged_output": 3, "shares": 3, "reviewing": 3, "plan_folder": 3,
    "history": 3, "deciding": 3, "one_server": 3, "size_curve": 3, "steadiness": 3, "kept_warm": 3, "considered": 3,
    "fleet": 3, "object_storage": 1, "side_by_side": 1, "ahead": 1, "aside": 1, "yaml_documents": 1, "parquet": 1,
    "sources": 3,  # what is collected from a server is what the readers of hosts, schedulers and logfiles read
    "cli": 4, "commands": 4, "__main__": 4, "__init__": 0,
}  # fmt: skip

# Doors: who may import what. A folder's name opens it for every file in it.
DOORS = {
    "click": ("cli", "commands"),
    "rich": ("drawn",),
    "textual": ("commands.review_screen",),
    "jinja2": ("render",),
    "ruamel": ("decisions_file", "yaml_documents"),
    "boto3": ("aws",),
    "botocore": ("aws",),
    "polars": ("frames",),
    "numpy": (
        "columns",
        "quotas",  # runs that go on at once, minute by minute
        "logfiles",
        "measuring",
        "understanding",
        "ahead",  # columns between two processes
        "ownlogs",
        "shares",
        "spool",
        "interval",
        "schedule",
        "usage",
        "runs",
        "savings",
        "optimise",
        "frames",
    ),
    "isal": ("blocks",),
    "zstandard": ("blocks", "sources.archive", "parquet", "shelf"),
    "obstore": ("object_storage",),
    "distributed": ("fleet.dask_engine",),
    "vl_convert": ("reports",),
    "xlsxwriter": ("reports",),
    "highspy": ("optimise",),
    "croniter": ("schedule.crosscheck",),
    "crontab": ("sources.crontab_command",),
    "tree_sitter": ("scripts",),
    "elftools": ("scripts.elf",),  # the head of a compiled program: hostile input, and a format with many corners
    **dict.fromkeys((f"tree_sitter_{name}" for name in ("bash", "javascript", "perl", "php", "python", "ruby")), ("scripts",)),
    "subprocess": ("sources", "logfiles", "runner"),
    "urllib": ("prices", "runner", "sources", "redact", "scripts"),
    "socket": ("runner",),
    "http": ("runner", "prices.web"),  # prices.web: the names of status codes
}
# Files of a room that the corridor calls by name, beside the plugins in ALL
ENTRANCES = {
    "sources": {"opening", "collecting", "one_log", "crontab_command"},  # the last: loaded where a live crontab is
    "hosts": {"reading"},
    "scripts": {"facts", "others_output"},  # one job, then all jobs of a server
    "logfiles": {"years", "unit_output", "untimely", "silent"},  # untimely: of all records but those of text logs
    "prices": {"user_book", "refreshing"},
}
STANDARD = set(__import__("sys").stdlib_module_names)


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def top(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


def imports(path: Path) -> list[tuple[str, int, bool]]:
    """(module, line, inside a function) of every import in a file."""
    tree = ast.parse(path.read_text(), str(path))
    found = []

    def walk(node: ast.AST, inside: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                found.extend((alias.name, child.lineno, inside) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                own_folder = child.level == 1 and path.parent.name == "runner"  # it is copied: it cannot know its full name
                assert own_folder or child.level == 0, f"{path}:{child.lineno}: relative import"
                base = (("migrator.runner." if own_folder else "") + (child.module or "")).removesuffix(".")
                if base.startswith("migrator"):
                    # `from migrator.rules import run_time` imports a module; `from migrator.rules import Rule` a name
                    for alias in child.names:
                        full = f"{base}.{alias.name}"
                        is_module = (ROOT / Path(*full.split("."))).is_dir() or (
                            ROOT / (full.replace(".", "/") + ".py")
                        ).is_file()
                        found.append((full if is_module else base, child.lineno, inside))
                else:
                    found.append((base, child.lineno, inside))
            walk(child, inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    walk(tree, False)
    return found


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_file_imports_from_lower_floors_only(path: Path) -> None:
    own = module_of(path)
    assert top(own) in FLOORS, f"{own}: stands on no floor; add it to FLOORS and to the map in README.md"
    wrong = []
    for name, line, _ in imports(path):
        if not name.startswith("migrator.") or top(own) in {"cli", "commands", "__main__"}:
            continue
        other = name.removeprefix("migrator.")
        if top(other) == top(own):
            continue
        if FLOORS[top(other)] > FLOORS[top(own)] or (FLOORS[top(other)] == FLOORS[top(own)] == 2):
            wrong.append(f"{path.relative_to(ROOT)}:{line}: imports {name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_third_party_packages_come_in_through_their_door(path: Path) -> None:
    own = module_of(path)
    wrong = []
    for name, line, _ in imports(path):
        package = top(name)
        if package in {"migrator", "msgspec"} or name == "urllib.parse" or (package in STANDARD and package not in DOORS):
            continue
        doors = DOORS.get(package, ())
        if not any(own == door or own.startswith(door + ".") for door in doors):
            wrong.append(f"{path.relative_to(ROOT)}:{line}: {package} comes in through {doors or 'no door at all'}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_stand_at_the_top(path: Path) -> None:
    inside = [f"{path.relative_to(ROOT)}:{line}: {name}" for name, line, nested in imports(path) if nested]
    assert not inside, "\n".join(inside)


def reached(module: str) -> set[str]:
    """Every module of ours that this one imports, however far."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        parts = PACKAGE.joinpath(*name.split("."))
        path = parts.with_suffix(".py") if parts.with_suffix(".py").is_file() else parts / "__init__.py"
        names = {other.removeprefix("migrator.") for other, _, _ in imports(path) if other.startswith("migrator.")} - found
        found |= names
        waiting += names
    return found


def test_who_writes_a_schedule_and_who_reads_it_back_do_not_know_one_another() -> None:
    """However far one follows their imports: what both stand on is the calendar itself (its days, its zones) and nothing that
    knows a text. Where the two meet, `dialects/__init__.py`, nothing is decided."""
    writers, readers = (
        {module_of(path) for path in (PACKAGE / "schedule" / folder).glob("*.py") if path.name != "__init__.py"}
        for folder in ("dialects", "readback")
    )
    texts = {"schedule.crontab", "schedule.on_calendar", "schedule.proof", "schedule.reading"}
    assert len(writers) == 7
    assert len(readers) >= 8
    written, read = set[str]().union(*map(reached, writers)), set[str]().union(*map(reached, readers))
    assert {"schedule.phrasing", "schedule.text"} <= written, "the search follows imports"
    assert not written & (readers | texts)
    assert not read & (writers | {"schedule.phrasing", "schedule.text", "schedule.dialect", "schedule.dialects"})
    both = {name for name in written & read if name.startswith("schedule.")}
    assert both == {"schedule.calendar", "schedule.days", "schedule.zones"}


def calls(path: Path) -> list[tuple[str, ast.Call]]:
    return [(ast.unparse(node.func), node) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]


WRITERS = {
    "files",
    "runner",
    "planfile",
    "tables",
    "sources.archive",
    "object_storage",
}  # the parquet file; a temporary folder
ENVIRONMENT_READERS = {"cli", "runner", "terminal", "object_storage"}  # the last: where Google's libraries find an emulator


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_only_the_doors_write_read_the_clock_and_the_environment(path: Path) -> None:
    own = module_of(path)
    wrong = []
    for name, call in calls(path):
        where = f"{path.relative_to(ROOT)}:{call.lineno}"
        mode = call.args[1] if len(call.args) > 1 else next((k.value for k in call.keywords if k.arg == "mode"), None)
        writes = name.split(".")[-1] in {"write_text", "write_bytes", "mkstemp", "NamedTemporaryFile"} or (
            name in {"open", "io.open"} and isinstance(mode, ast.Constant) and any(c in str(mode.value) for c in "wax+")
        )
        if writes and own not in WRITERS and top(own) not in WRITERS:
            wrong.append(f"{where}: {name} writes to disk; only {sorted(WRITERS)} may")
        if (
            name in {"datetime.now", "datetime.utcnow", "time.time", "date.today", "datetime.datetime.now"}
            and top(own) != "runner"
            and own != "sources.live"  # of which day the running machine is: everything else is dated by what it shows
        ):
            wrong.append(f"{where}: {name}: as_of is the only now")
    text = path.read_text()
    if re.search(r"\bos\.(environ|getenv)\b", text) and top(own) not in ENVIRONMENT_READERS:
        wrong.append(f"{path.relative_to(ROOT)}: reads the environment; only {sorted(ENVIRONMENT_READERS)} may")
    if re.search(r"except (Base)?Exception\b|except:", text) and top(own) != "runner":
        wrong.append(f"{path.relative_to(ROOT)}: catches everything")
    if re.search(r"\bsys\.exit\b|\bos\._exit\b", text) and top(own) not in {"cli", "runner"}:
        wrong.append(f"{path.relative_to(ROOT)}: ends the process below the door")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("room", NAME_PLATES)
def test_a_room_has_a_name_plate(room: str) -> None:
    """One sentence, a Protocol, one typed tuple ALL, nothing else; every plugin file is in ALL, or imported by one that is."""
    path = PACKAGE / room / "__init__.py"
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), f"{path}: no docstring"
    kinds = [type(node).__name__ for node in tree.body[1:]]
    assert set(kinds) <= {"Import", "ImportFrom", "ClassDef", "AnnAssign"}, f"{path}: holds more than a name plate: {kinds}"
    module = importlib.import_module(f"migrator.{room}")
    listed = {plugin.__name__.removeprefix(f"migrator.{room}.") for plugin in module.ALL}
    present = {
        p.stem if p.name != "__init__.py" else p.parent.name
        for p in [*(PACKAGE / room).glob("*.py"), *(PACKAGE / room).glob("*/__init__.py")]
        if p != path
    }
    imported = {
        name.removeprefix(f"migrator.{room}.").split(".")[0]
        for plugin in (PACKAGE / room).rglob("*.py")
        if plugin != path
        for name, _, _ in imports(plugin)
        if name.startswith(f"migrator.{room}.")
    }
    assert listed <= present
    imported |= ENTRANCES.get(room, set())
    assert present - listed <= imported, (
        f"{room}: {sorted(present - listed - imported)} are neither in ALL nor used by one that is"
    )


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_a_file_has_a_docstring_a_good_name_and_a_readable_size(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text())), f"{path}: no module docstring"
    assert path.stem not in {"utils", "helpers", "common", "core", "base", "manager", "misc"}, path
    lines = len(path.read_text().splitlines())
    limit = 200 if path.name == "pipeline.py" else 600
    assert lines <= limit, f"{path.relative_to(ROOT)}: {lines} lines; the limit is {limit}: split it"
    if path.parent.name in NAME_PLATES and path.name != "__init__.py":
        assert lines <= 400, f"{path.relative_to(ROOT)}: a plugin of {lines} lines should be a folder of the same name"


def test_rules_and_inspectors_name_no_target_and_no_cloud() -> None:
    words = re.compile(r"\b(lambda function|aws_lambda|fargate|cloud[ _]run|container apps|eventbridge|ecs)\b", re.IGNORECASE)
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for room in ("rules", "shapes", "scripts", "schedulers", "runlogs")
        for path in sorted((PACKAGE / room).rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if words.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_nobody_switches_on_a_target_outside_the_targets() -> None:
    pattern = re.compile(r"""\b(target|TARGET|target\.NAME)\s*(==|!=|in)\s*[("']""")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in FILES
        if top(module_of(path)) not in {"targets"}
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert not wrong, "\n".join(wrong)
