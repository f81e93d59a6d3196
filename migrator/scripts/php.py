"""Reads PHP programs through their grammar.

Line: `$db = new PDO("mysql:host=db01;dbname=shop", $user, $password);`
Source: https://www.php.net/manual/en/funcref.php. A class may be another than its name says.
"""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import posixpath

import tree_sitter_php
from tree_sitter import Node

from migrator.model.finding import Fact
from migrator.model.source import Location
from migrator.scripts import effects
from migrator.scripts.grammars import Grammar
from migrator.scripts.local_names import LOCAL, is_peer
from migrator.scripts.reading import Call, Context, Notes, Reading, absolute
from migrator.scripts.syntax import Program, Seen
from migrator.scripts.words import Word, text_of

LANGUAGE = "php"
INTERPRETERS: tuple[str, ...] = ("php", "php-cgi", "hhvm")
SUFFIXES: tuple[str, ...] = (".php", ".phtml", ".inc", ".phar")

FUNCTIONS: dict[str, str] = {
    "fopen": "open", "gzopen": "open", "file_get_contents": "read", "file": "read", "readfile": "read", "fgetcsv": "none",
    "file_put_contents": "write", "touch": "write", "mkdir": "folder", "tempnam": "none", "unlink": "delete", "rmdir": "delete",
    "rename": "move", "copy": "copy", "scandir": "list", "glob": "list", "opendir": "list", "dir": "list", "filemtime": "read",
    "parse_ini_file": "read", "simplexml_load_file": "read", "DirectoryIterator": "list", "RecursiveDirectoryIterator": "list",
    "FilesystemIterator": "list", "SplFileObject": "open", "ZipArchive": "none", "error_log": "none",
    "curl_init": "url", "get_headers": "url", "fsockopen": "host", "pfsockopen": "host", "stream_socket_client": "host",
    "ftp_connect": "host", "ftp_ssl_connect": "host", "ssh2_connect": "host", "SoapClient": "url",
    "PDO": "database:by-dsn", "mysqli": "database:mysql", "mysqli_connect": "database:mysql", "mysql_connect": "database:mysql",
    "mysql_pconnect": "database:mysql", "pg_connect": "database:postgresql", "pg_pconnect": "database:postgresql",
    "SQLite3": "database:sqlite", "oci_connect": "database:oracle", "sqlsrv_connect": "database:mssql", "mssql_connect": "database:mssql",
    "MongoClient": "database:mongodb", "MongoDB\\Client": "database:mongodb", "MongoDB\\Driver\\Manager": "database:mongodb", "Predis\\Client": "database:redis",
    "GearmanClient": "daemon:gearmand", "GearmanWorker": "daemon:gearmand", "Redis": "database:redis", "Memcached": "database:memcached", "ldap_connect": "database:ldap",
    "mail": "mail", "wp_mail": "mail", "PHPMailer": "mail", "mb_send_mail": "mail", "imap_open": "queue:mailbox", "pop3_open": "queue:mailbox",
    "AMQPConnection": "queue:message queue", "AMQPStreamConnection": "queue:message queue", "Pheanstalk": "queue:message queue",
    "exec": "shell", "shell_exec": "shell", "system": "shell", "passthru": "shell", "popen": "shell", "proc_open": "shell",
    "is_readable": "looks", "is_link": "looks", "filesize": "looks", "stat": "looks", "filectime": "read", "fileatime": "read", "symlink": "write:1", "link": "write:1", "sqlite_open": "database:sqlite",
    "memcache_connect": "host", "simplexml_load_string": "none", "SplFileInfo": "none", "bzopen": "open", "parse_ini_string": "none", "include_file": "none", "file_exists": "looks", "is_file": "looks", "sys_getloadavg": "machine:sys_getloadavg", "disk_free_space": "machine:disk_free_space", "disk_total_space": "machine:disk_total_space", "posix_getpwnam": "none", "dba_open": "update", "dba_popen": "update", "sleep": "sleep", "usleep": "sleep:0.000001", "pcntl_fork": "parallel", "flock": "lock:flock", "getenv": "env",
    "posix_kill": "kill", "S3Client": "cloud:aws", "SqsClient": "cloud:aws", "StorageClient": "cloud:gcloud",
}  # fmt: skip
INCLUDES = frozenset({"require", "require_once", "include", "include_once"})
GRAMMAR = Grammar(
    "php",
    tree_sitter_php.language_php,
    ".",
    1,
    most_steps=4_000,  # of 1,541 pieces of Debian's PHP packages the longest takes 515
)
RELATIVE_DAY = frozenset({"strtotime", "DateTime", "DateTimeImmutable", "DateInterval", "modify", "sub", "subDay", "subDays"})


def inspect(text: str, location: Location) -> tuple[Fact, ...]:
    """Facts of a PHP program."""
    return read(text, location, Context()).facts


def read(text: str, location: Location, context: Context) -> Reading:
    """Facts and calls of a PHP program that starts in `context`."""
    notes = Notes(text, location)
    notes.add_secrets()
    folder = posixpath.dirname(location.path)
    known = {"__DIR__": Word(folder, True), "__FILE__": Word(location.path, True)}

    program = Program(notes, context, GRAMMAR, known)

    def visit(seen: Seen) -> None:
        first = seen.arguments[0] if seen.arguments else Word("", False)
        if seen.name in INCLUDES and first.text:
            _include(notes, first, seen.row, folder)
        elif seen.name == "chdir" and first.text:
            notes.add("working-directory", first.text, seen.row, first.is_known)
        elif seen.name.split("->")[-1].split("::")[-1] in RELATIVE_DAY and first.is_known and effects.relative_day(first.text):
            notes.add("time-dependence", first.text, seen.row)
        elif seen.name == "define" and len(seen.arguments) > 1 and first.is_known:
            program.variables[first.text] = seen.arguments[1]
            if is_peer(first.text) and LOCAL.fullmatch(seen.arguments[1].text):
                notes.add("local-socket", seen.arguments[1].text, seen.row, certain=False)

    def enter(node: Node) -> None:
        if node.type == "namespace_use_clause" and "\\" in (name := text_of(node).lstrip("\\")):
            notes.add("library", name.split("\\")[0], node.start_point[0], certain=False, detail="use")

    program.read(FUNCTIONS, visit, enter)
    return notes.reading()


def _include(notes: Notes, word: Word, row: int, folder: str) -> None:
    path = absolute(word.text, folder)
    if "vendor/autoload.php" in path:
        notes.add("library", "composer", row, detail=path)
        return
    notes.call(
        Call(
            path=path, language="php", evidence=notes.evidence(row), working_directory=None, certain=word.is_known, optional=True
        )
    )
