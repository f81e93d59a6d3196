"""Reads JavaScript programs for Node.js by their tokens.

Line: `const rows = await fetch("https://api.example.org/rows")`
Source: https://nodejs.org/api/. Nothing found here is certain.
"""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import re

from migrator.model.finding import Fact
from migrator.model.source import Location
from migrator.scripts import tokens
from migrator.scripts.reading import Call, Context, Notes, Reading, absolute
from migrator.scripts.words import Word

LANGUAGE = "node"
INTERPRETERS: tuple[str, ...] = ("node", "nodejs", "deno", "bun", "ts-node", "tsx")
SUFFIXES: tuple[str, ...] = (".js", ".mjs", ".cjs", ".ts")

FUNCTIONS: dict[str, str] = {
    "readFileSync": "read", "readFile": "read", "createReadStream": "read", "writeFileSync": "write", "writeFile": "write",
    "appendFileSync": "write", "appendFile": "write", "createWriteStream": "write", "unlinkSync": "delete", "unlink": "delete",
    "rmSync": "delete", "rmdirSync": "delete", "renameSync": "move", "copyFileSync": "copy", "copyFile": "copy", "readdirSync": "list",
    "readdir": "list", "mkdirSync": "write", "fetch": "url", "axios.get": "url", "axios.post": "url", "axios.put": "url", "axios": "url",
    "got": "url", "https.get": "url", "http.get": "url", "https.request": "url", "http.request": "url", "request": "url",
    "execSync": "shell", "exec": "shell", "spawn": "shell", "spawnSync": "shell", "execFile": "shell", "execFileSync": "shell",
    "mysql.createConnection": "database:mysql", "mysql.createPool": "database:mysql", "mysql2.createConnection": "database:mysql",
    "MongoClient": "database:mongodb", "MongoClient.connect": "database:mongodb", "mongoose.connect": "database:mongodb",
    "redis.createClient": "database:redis", "createTransport": "mail", "sendMail": "mail", "S3Client": "cloud:aws", "AWS.S3": "cloud:aws",
    "AWS.SQS": "cloud:aws", "SQSClient": "cloud:aws", "Storage": "cloud:gcloud", "setTimeout": "none", "process.kill": "kill",
}  # fmt: skip
BUILT_IN = frozenset(
    "fs path http https os child_process crypto util url events stream zlib net tls dns querystring readline assert buffer cluster "
    "process timers string_decoder perf_hooks worker_threads v8 vm module async_hooks http2 dgram console constants".split()
)
IMPORT = re.compile(r"""(?:\brequire\s*\(\s*|\bfrom\s+|^\s*import\s+)["'`]([^"'`\n]{1,200})["'`]""", re.MULTILINE)
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


def inspect(text: str, location: Location) -> tuple[Fact, ...]:
    """Facts of a JavaScript program."""
    return read(text, location, Context()).facts


def read(text: str, location: Location, context: Context) -> Reading:
    """Facts and calls of a JavaScript program that starts in `context`."""
    notes = Notes(text, location)
    notes.add_secrets()
    folder = location.path.rsplit("/", 1)[0]
    tokens.read_functions(notes, context, tokens.NODE, FUNCTIONS, None, {"__dirname": Word(folder, True)})
    tokens.loops(notes, tokens.NODE)
    for match in IMPORT.finditer(notes.text):
        row = notes.text.count("\n", 0, match.start(1))
        name = match[1].removeprefix("node:")
        if name.startswith("."):
            path = absolute(name, folder)
            path = path if path.endswith(SUFFIXES) else f"{path}.js"
            notes.call(Call(path=path, language="node", evidence=notes.evidence(row), optional=True))
        elif name.split("/")[0] not in BUILT_IN:
            package = "/".join(name.split("/")[:2]) if name.startswith("@") else name.split("/")[0]
            notes.add("library", package, row)
            if package in DATABASES and not any(key[0] == "database" for key in notes.facts):
                notes.add("database", DATABASES[package], row)
    for match in re.finditer(r"process\.env\.([A-Z][A-Z0-9_]{1,60})\b(?!\s*(?:=[^=]|\|\||\?\?))", notes.text):
        if match[1] not in context.variables:
            notes.add("environment-variable", match[1], notes.text.count("\n", 0, match.start()))
    return notes.reading()
