"""Reads JavaScript programs for Node.js through their grammar.

Line: `const rows = await fetch("https://api.example.org/rows")`
Source: https://nodejs.org/api/.
"""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import re

import tree_sitter_javascript
from tree_sitter import Node

from migrator.model.finding import Fact
from migrator.model.source import Location
from migrator.scripts.grammars import Grammar
from migrator.scripts.reading import Call, Context, Notes, Reading, absolute
from migrator.scripts.syntax import Program, Seen
from migrator.scripts.words import Word, text_of

LANGUAGE = "node"
INTERPRETERS: tuple[str, ...] = ("node", "nodejs", "deno", "bun", "ts-node", "tsx")
SUFFIXES: tuple[str, ...] = (".js", ".mjs", ".cjs", ".ts")

FUNCTIONS: dict[str, str] = {
    "readFileSync": "read", "readFile": "read", "createReadStream": "read", "writeFileSync": "write", "writeFile": "write",
    "appendFileSync": "write", "appendFile": "write", "createWriteStream": "write", "unlinkSync": "delete", "unlink": "delete",
    "rmSync": "delete", "rmdirSync": "delete", "renameSync": "move", "copyFileSync": "copy", "copyFile": "copy", "readdirSync": "list",
    "readdir": "list", "mkdirSync": "write", "fetch": "url", "axios.get": "url", "axios.post": "url", "axios.put": "url", "axios": "url",
    "got": "url", "https.get": "url", "http.get": "url", "https.request": "url", "http.request": "url", "request": "url",
    "execSync": "shell", "exec": "shell", "child_process.exec": "shell", "cp.exec": "shell", "spawn": "argv", "spawnSync": "argv", "execFile": "argv",
    "execFileSync": "argv", "fs.unlink": "delete", "fsp.unlink": "delete", "fs.promises.unlink": "delete",
    "mysql.createConnection": "database:mysql", "mysql.createPool": "database:mysql", "mysql2.createConnection": "database:mysql",
    "MongoClient": "database:mongodb", "MongoClient.connect": "database:mongodb", "mongoose.connect": "database:mongodb",
    "existsSync": "looks", "accessSync": "looks", "statSync": "read", "symlinkSync": "write:1", "writeJsonSync": "write", "readJsonSync": "read", "writeJson": "write", "readJson": "read", "outputFileSync": "write",
    "sqlite3.Database": "database:sqlite", "redis.createClient": "database:redis", "createTransport": "mail", "sendMail": "mail", "S3Client": "cloud:aws", "AWS.S3": "cloud:aws",
    "loadavg": "machine:os.loadavg", "freemem": "machine:os.freemem", "totalmem": "machine:os.totalmem", "networkInterfaces": "machine:os.networkInterfaces",
    "os.uptime": "machine:os.uptime", "statfsSync": "machine:statfs", "statfs": "machine:statfs", "shell.exec": "shell", "shelljs.exec": "shell", "execa": "argv",
    "AWS.SQS": "cloud:aws", "SQSClient": "cloud:aws", "Storage": "cloud:gcloud", "setTimeout": "none", "process.kill": "kill",
}  # fmt: skip
BUILT_IN = frozenset(
    "fs path http https os child_process crypto util url events stream zlib net tls dns querystring readline assert buffer cluster "
    "process timers string_decoder perf_hooks worker_threads v8 vm module async_hooks http2 dgram console constants".split()
)
GRAMMAR = Grammar(
    "node",
    tree_sitter_javascript.language,
    "+",
    2,
    by_last_name=True,
    whole=frozenset({"exec", "request", "fetch", "got", "axios", "unlink"}),
    modules=frozenset({"fs", "fsp", "fse", "child_process", "cp", "os"}),
    most_steps=2_000,  # of 400 real programs of at most 24 kB the longest takes 225; 23 letters of a fuzzer's do not end
)
DATABASES = {
    "mysql": "mysql",
    "mysql2": "mysql",
    "pg": "postgresql",
    "mongodb": "mongodb",
    "mongoose": "mongodb",
    "redis": "redis",
    "ioredis": "redis",
    "better-sqlite3": "sqlite",
}


MACHINE = frozenset(  # packages that say how the machine is, or work on its devices
    "systeminformation check-disk-space diskusage diskusage-ng node-disk-info node-df ps-list ps-node find-process node-os-utils os-utils onoff rpi-gpio pigpio "
    "serialport @serialport/parser-readline node-dht-sensor i2c-bus spi-device usb node-hid drivelist macaddress getmac default-gateway node-wifi wifi-name "
    "loudness robotjs screenshot-desktop pidusage crontab systemd-journald".split()
)
TOLD = re.compile(  # a variable that says where a database is; behind it no default
    r"process\.env\.(\w{0,30}(?:DATABASE|DB|PG|MONGO|REDIS|MYSQL|POSTGRES|SQL)\w{0,20}?(?:URL|URI|HOST|SERVER|DSN)\w{0,10})(?![\w.])(?!\s{0,9}(?:\|\||\?\?))"
)
SCHEDULERS = frozenset({"node-cron", "node-schedule", "cron", "croner", "bree", "agenda"})
CRON = re.compile(r"(?:[\d*/,-]{1,40}[ \t]+){3,4}[\dA-Za-z*/,-]{1,40}[ \t]+[\dA-Za-z*/,#L?-]{1,40}")
STARTS = frozenset({"schedule", "scheduleJob", "CronJob", "Cron"})  # cron.schedule(), schedule.scheduleJob(), new CronJob()


def inspect(text: str, location: Location) -> tuple[Fact, ...]:
    """Facts of a JavaScript program."""
    return read(text, location, Context()).facts


def read(text: str, location: Location, context: Context) -> Reading:
    """Facts and calls of a JavaScript program that starts in `context`."""
    notes = Notes(text, location)
    notes.add_secrets()
    folder = location.path.rsplit("/", 1)[0]
    paths = {"__dirname": Word(folder, True), "__filename": Word(location.path, True)}
    imported: list[tuple[str, int]] = []
    expressions: list[tuple[str, int]] = []

    def visit(seen: Seen) -> None:
        if seen.name.split(".")[-1] in STARTS:
            expressions.extend(
                (word.text, seen.row) for word in seen.arguments[:2] if word.is_known and CRON.fullmatch(word.text)
            )
        if seen.name in {"require", "import"} and seen.arguments and seen.arguments[0].is_known:
            imported.append((seen.arguments[0].text, seen.row))

    def enter(node: Node) -> None:
        if node.type in {"import_statement", "export_statement"} and (source := node.child_by_field_name("source")) is not None:
            imported.append((text_of(source).strip("\"'`"), node.start_point[0]))

    Program(notes, context, GRAMMAR, paths).read(FUNCTIONS, visit, enter)
    scheduler = next((name for name, _ in imported if name in SCHEDULERS), None)
    for expression, row in expressions if scheduler else ():
        notes.add("inner-job", f"{expression}: {location.path}", row, detail=scheduler)
    for name, row in imported:
        _imported(notes, name.removeprefix("node:"), row, folder)
    return notes.reading()


def _imported(notes: Notes, name: str, row: int, folder: str) -> None:
    if name.startswith("."):
        path = absolute(name, folder)
        path = path if path.endswith(SUFFIXES) else f"{path}.js"
        notes.call(Call(path=path, language="node", evidence=notes.evidence(row), optional=True))
    elif name and name.split("/", maxsplit=1)[0] not in BUILT_IN:
        package = "/".join(name.split("/")[:2]) if name.startswith("@") else name.split("/", maxsplit=1)[0]
        notes.add("library", package, row)
        if package in MACHINE:
            notes.add("host-only", package, row)
        if package == "dockerode":
            notes.add("container", "docker", row, certain=False)
        if package == "pm2":  # speaks with its daemon, which starts and stops
            notes.add("service-control", "pm2", row, certain=False)
        if package in DATABASES and not any(key[0] == "database" for key in notes.facts):
            told = TOLD.search(notes.text)
            value = f"{DATABASES[package]}://${told[1]}" if told else DATABASES[package]
            notes.add("database", value, row, certain=False)
