"""Programs whose arguments have a grammar of their own: find, tar, flock, xargs, docker, date, systemctl ..."""

import re
from collections.abc import Callable

from migrator.model.finding import FactKind
from migrator.scripts import background, service_commands, special_files
from migrator.scripts.noting import Reader, home, note_host, note_path
from migrator.scripts.options import Split, split
from migrator.scripts.programs import Program
from migrator.scripts.reading import USER_OF, Call, absolute
from migrator.scripts.words import Word, made_by_tempfile, temporary

Arguments = tuple[Word, ...]
Handler = Callable[[Reader, str, Program, Arguments, dict[str, Word], int], None]

DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
UNIT_S = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
QUEUE_SQL = re.compile(
    r"\b(?:from|update)\s+[`\"\w.]*(?:queue|jobs?|tasks?|outbox|pending|inbox|spool|messages?|events?)\b", re.IGNORECASE
)


BY_ADDRESS = frozenset({"postgresql", "mongodb", "redis"})
ADDRESS_VARIABLE = re.compile(r"\$\{?\w{0,60}(?:URL|URI|DSN|CONN\w{0,20})\}?", re.IGNORECASE)  # what people call a whole address


def duration_s(text: str) -> str | None:
    """A duration as sleep(1) and timeout(1) take it, in seconds; None if it is none.

    >>> duration_s("5m"), duration_s("0.5"), duration_s("$X")
    ('300', '0.5', None)
    """
    match = DURATION.fullmatch(text)
    if not match:
        return None
    seconds = float(match[1]) * UNIT_S[match[2]]
    return f"{seconds:.0f}" if seconds.is_integer() else f"{seconds:g}"


def database(reader: Reader, known: Program, parts: Split, variables: dict[str, Word], row: int) -> None:
    """The engine, with its host where an option, a variable or an address says it."""
    notes, engine = reader.notes, known.database or ""
    if engine == "sqlite":
        for word in parts.operands[:1]:
            notes.add("database", "sqlite", row, word.is_known, detail=absolute(word.text, reader.words.folder))
            note_path(notes, "reads-path", word, reader.words.folder, row, "database", reader.context.variables)
            note_path(notes, "writes-path", word, reader.words.folder, row, "database", reader.context.variables)
        return
    for option, archive in parts.options:
        if option == "--archive" and archive is not None:  # without a value: standard output or input
            kind: FactKind = "writes-path" if known.writes else "reads-path"
            note_path(notes, kind, archive, reader.words.folder, row, None, reader.context.variables)
    host = next(iter(parts.values(*known.hosts)), None)
    name = {"mysql": "MYSQL_HOST", "postgresql": "PGHOST"}.get(engine)
    if host is None and name:
        host = variables.get(name) or reader.words.variables.get(name)
    texts = [word.text for word in parts.operands] + [value.text for _, value in parts.options if value is not None]
    address = next((m for text in texts if (m := re.match(rf"(?:\w|\+){{3,20}}://{USER_OF}([^/:?,]+)", text))), None)
    conninfo = next((m for text in texts if (m := re.search(r"\bhost=(\S+)", text))), None)
    if host is None and (address or conninfo):
        host = Word(str((address or conninfo or [""])[1]), True)
    if host is None and engine in BY_ADDRESS:  # `psql "$DATABASE_URL"`: where that leads is not said
        host = next((Word(text, False) for text in texts if ADDRESS_VARIABLE.fullmatch(text)), None)
    from_file = any(option.startswith("--defaults") for option, _ in parts.options)
    if host is not None and re.match(r"ldapi:|/", host.text):
        host = None  # a socket of this machine
    if host is not None and engine == "ldap":
        host = host._replace(text=re.sub(r"^ldaps?:/+", "", host.text).rstrip("/"))
    if host is not None and host.text:
        notes.add("database", f"{engine}://{host.text}", row, host.is_known and "$" not in host.text)
    else:
        notes.add("database", engine, row, certain=not from_file)
    if any(
        QUEUE_SQL.search(text)
        for text in texts
        if re.search(r"\b(?:pending|status|processed|done|new|queue)", text, re.IGNORECASE)
    ):
        notes.add("queue-or-mail", "sql table", row, certain=False)
    lowered = {text.lower() for text in texts}
    if engine == "redis" and lowered & {"lpop", "rpop", "blpop", "brpop", "xread", "xreadgroup", "rpoplpush", "llen"}:
        notes.add("queue-or-mail", "redis list", row)


def _docker(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """The image that runs, or the container that is entered; any other subcommand needs the engine all the same."""
    parts = split(arguments, ("-f", "-p", "-H", "--context", "--file", "--project-name"), stop_at_operand=True)
    words = list(parts.operands)
    if words and words[0].text == "compose":
        words = list(split(tuple(words[1:]), ("-f", "-p", "--file", "--project-name"), stop_at_operand=True).operands)
    if words and words[0].text in {"container", "image", "volume", "system"}:
        words = words[1:]
    if not words:
        return
    verb = words[0].text
    for word in split(tuple(words[1:]), ("-v", "--volume")).values("-v", "--volume"):
        if word.text.startswith("/"):
            mounted = word._replace(text=word.text.split(":")[0], is_known=False)
            note_path(reader.notes, "reads-path", mounted, reader.words.folder, row, "mounted", reader.context.variables)
    takes = tuple(
        "-v -e -p -u -w -m -h -l --name --network --net --env-file --env --volume --user --workdir --memory --cpus --entrypoint "
        "--mount --label --link --log-driver --add-host --shm-size --pull --platform --restart --volumes-from "
        "--ip --hostname --gpus".split()
    )
    inner = split(tuple(words[1:]), takes, stop_at_operand=True)
    target = inner.operands[0] if inner.operands else None
    if verb in known.container and target is not None:
        reader.notes.add("container", target.text, row, target.is_known, detail=verb)
    else:
        reader.notes.add("container", f"{name} {verb}", row, detail=verb)


def _certbot(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """The commands that a certificate's renewal runs."""
    hooks = ("--deploy-hook", "--pre-hook", "--post-hook", "--renew-hook")
    for word in split(arguments, hooks).values(*hooks):
        inner = Call(path="", language="shell", evidence=reader.notes.evidence(row), inline=word.text, certain=False)
        reader.notes.call(inner)


def _mkdir(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """Folders that are made; `mkdir X.lock` without -p fails where it is there, which is how shells lock."""
    parts = split(arguments, ("-m", "--mode"))
    for word in parts.operands:
        if not parts.has("-p", "--parents") and re.search(r"lock|\.lck", word.text.rpartition("/")[2], re.IGNORECASE):
            path = absolute(home(word.text, reader), reader.words.folder)
            reader.notes.add("lock", path, row, word.is_known, detail="skip")
        else:
            reader.notes.folders.add(absolute(home(word.text, reader), reader.words.folder))
            note_path(reader.notes, "writes-path", word, reader.words.folder, row, None, reader.context.variables)


def _mktemp(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """A temporary file or folder."""
    path = temporary([word.text for word in arguments], reader.words.folder)
    note_path(reader.notes, "writes-path", Word(path, "$" not in path), None, row, None, reader.context.variables)


def _date(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    takes = ("-d", "--date", "-r", "--reference", "-f", "-s", "-v")
    for word in split(arguments, takes).values("-r", "--reference"):  # when it was last written
        note_path(reader.notes, "reads-path", word, reader.words.folder, row, None, reader.context.variables)
    for word in split(arguments, takes).values("-d", "--date", "-v"):
        if word.text and not word.text.startswith("@"):
            reader.notes.add("time-dependence", word.text, row, word.is_known)


def _sleep(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    for word in arguments[:1]:
        seconds = duration_s(word.text)
        if name == "usleep" and seconds is not None:
            seconds = f"{float(seconds) / 1e6:g}"
        reader.notes.add("sleep", seconds or word.text, row, seconds is not None)


def _source(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    for word in arguments[:1]:
        path = absolute(home(word.text, reader), reader.words.folder)
        reader.notes.call(
            Call(
                path=path,
                language="shell",
                evidence=reader.notes.evidence(row),
                working_directory=reader.words.folder,
                certain=word.is_known,
                optional=True,
            )
        )
        note_path(reader.notes, "reads-path", word, reader.words.folder, row, "sourced", reader.context.variables)


def _cd(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    operands = split(arguments, ()).operands
    target = operands[0] if operands else Word("~/", True)
    path = absolute(home(target.text, reader), reader.words.folder)
    if not any(kind == "working-directory" for kind, _, _ in reader.notes.facts):
        reader.notes.add("working-directory", path, row, target.is_known)
    # `cd ${DIR:-/srv/app}`: its default, unless somebody says otherwise
    reader.words.folder = path if path.startswith("/") and not re.search(r"[$`*]", path) else None


def _eval(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    text = " ".join(word.text for word in arguments)
    reader.notes.add("command", "eval", row, certain=False)
    if arguments and arguments[0].is_known:
        reader.notes.call(
            Call(
                path="",
                language="shell",
                evidence=reader.notes.evidence(row),
                working_directory=reader.words.folder,
                inline=text,
                certain=False,
            )
        )


def _ssh(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    parts = split(arguments, known.values, stop_at_operand=True)
    for word in parts.values("-i", "-F"):
        note_path(reader.notes, "reads-path", word, reader.words.folder, row, "key", reader.context.variables)
    for word in parts.values("-R"):  # the far side is given a service of this machine: `-R 2200:localhost:22`
        if (given := re.fullmatch(r"(?:[\w.*]+:)?\d+:(localhost|127[.\d]+|\[::1\]):\d+", word.text)) is not None:
            note_host(reader.notes, given[1], row, word.is_known)
    if parts.operands:
        host = parts.operands[0]
        note_host(reader.notes, re.sub(r"^\w+://", "", host.text).split("@")[-1].split("/")[0], row, host.is_known)


def _exec_of_manager(
    reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int
) -> None:
    """`bundle exec X`, `poetry run X`, `npm run X`."""
    parts = split(arguments, known.values, stop_at_operand=True)
    reader.notes.add("command", name, row)
    if parts.operands and parts.operands[0].text in {"exec", "run"} and name not in {"npm", "yarn", "pnpm"}:
        reader.run(parts.operands[1:], variables, row, 1)


def _run_parts(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    for word in split(arguments, ("--regex", "-a", "--arg", "-u", "--umask")).operands:
        path = absolute(word.text, reader.words.folder)
        note_path(reader.notes, "lists-path", word, reader.words.folder, row, "run-parts", reader.context.variables)
        if re.fullmatch(r"/etc/cron\.(?:hourly|daily|weekly|monthly)", path):  # their files are jobs of their own
            reader.notes.add("package-chore", "run-parts", row, detail=path)
        else:
            reader.notes.call(
                Call(
                    path=path,
                    language=None,
                    evidence=reader.notes.evidence(row),
                    certain=word.is_known,
                    optional=True,
                    is_folder=True,
                )
            )


def _lockfile(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    for word in split(arguments, known.values).operands:
        if not word.text.lstrip("-").isdigit():
            path = absolute(word.text, reader.words.folder)
            reader.notes.add("lock", path, row, word.is_known, detail="wait")


def _trap(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """What runs when the script ends: `trap 'rm -f "$TMP"' EXIT`."""
    if len(arguments) > 1 and arguments[0].text not in {"-", "", "-p", "-l"}:
        values = tuple(sorted((key, word.text) for key, word in reader.words.variables.items() if word.is_known))
        inner = Call(
            path="",
            language="shell",
            evidence=reader.notes.evidence(row),
            working_directory=reader.words.folder,
            variables=values,
            inline=arguments[0].text,
        )
        reader.notes.call(inner)


def _tee(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    parts = split(arguments, ())
    for word in parts.operands:
        detail = "append" if parts.has("-a", "--append") else None
        note_path(reader.notes, "writes-path", word, reader.words.folder, row, detail, reader.context.variables)


def _hostname(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """Its own name may be asked for anywhere; not its addresses (`-I`), and it cannot be given another one."""
    asks = any(re.fullmatch(r"-[a-z]*[IibF][a-z]*|--(?:all-)?ip-address(?:es)?|--boot|--file", word.text) for word in arguments)
    if asks or (arguments and re.fullmatch(r"[\w.$\"{}-]+", arguments[0].text) and not arguments[0].text.startswith("-")):
        reader.notes.add("host-only", name, row, detail=arguments[0].text)


def _getent(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """The list of the machine's accounts; `getent passwd NAME`, `getent hosts` ask for one only."""
    if len(arguments) == 1 and arguments[0].text in {"passwd", "group", "shadow", "gshadow", "initgroups", "netgroup"}:
        reader.notes.add("host-only", name, row, detail=arguments[0].text)


def _tempfile(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    path = made_by_tempfile([word.text for word in arguments])
    note_path(reader.notes, "writes-path", Word(path, "$" not in path), None, row, None, reader.context.variables)


def _resolver(reader: Reader, name: str, known: Program, arguments: Arguments, variables: dict[str, Word], row: int) -> None:  # noqa: ARG001
    """The server that is asked, not the name that is asked for: `dig @ns1 NAME`, `nslookup NAME ns1`, `host NAME ns1`."""
    operands = split(arguments, known.values).operands
    asked = [word._replace(text=word.text[1:]) for word in operands if word.text.startswith("@")]
    if name != "dig":
        asked = list(operands[1:2])
    for word in asked:
        note_host(reader.notes, word.text, row, word.is_known)
    if not asked and operands:
        note_host(reader.notes, operands[0].text, row, certain=False)


HANDLERS: dict[str, Handler] = {
    "trap": _trap,
    "hostname": _hostname,
    "tee": _tee,
    "getent": _getent,
    "tempfile": _tempfile,
    **dict.fromkeys(("dig", "host", "nslookup"), _resolver),
    **dict.fromkeys(("logtail", "logtail2"), special_files.logtail),
    "find": special_files.find_command,
    "install": special_files.install,
    **dict.fromkeys(("gunzip", "bunzip2", "unxz", "unzstd"), special_files.unpacked),
    "rrdtool": special_files.rrd,
    "logrotate": special_files.logrotate,
    "sed": special_files.sed_command,
    "tar": special_files.tar_command,
    "bsdtar": special_files.tar_command,
    "dd": special_files.dd_command,
    "certbot": _certbot,
    "certbot-auto": _certbot,
    "mkdir": _mkdir,
    "mktemp": _mktemp,
    "docker": _docker,
    "podman": _docker,
    "nerdctl": _docker,
    "docker-compose": _docker,
    "podman-compose": _docker,
    "date": _date,
    "sleep": _sleep,
    "usleep": _sleep,
    "source": _source,
    ".": _source,
    "cd": _cd,
    "pushd": _cd,
    "eval": _eval,
    "ssh": _ssh,
    "autossh": _ssh,
    "git": special_files.git_command,
    "start-stop-daemon": background.start_stop_daemon,
    **dict.fromkeys(("daemonize", "daemon", "screen", "tmux", "systemd-run"), background.detached),
    "run-parts": _run_parts,
    "lockfile": _lockfile,
    "lockfile-create": _lockfile,
    "dotlockfile": _lockfile,
    **dict.fromkeys(
        ("aws", "gsutil", "gcloud", "bq", "s3cmd", "rclone", "az", "azcopy", "s5cmd", "s4cmd"), special_files.aws_command
    ),
    **dict.fromkeys(("bundle", "poetry", "pipenv", "uv", "pdm", "hatch", "rye", "npm", "yarn", "pnpm"), _exec_of_manager),
    **dict.fromkeys(
        (
            "systemctl launchctl service invoke-rc.d rc-service supervisorctl initctl svc sv monit pm2 apachectl apache2ctl "
            "nginx varnishadm rndc postfix rabbitmqctl pkill killall kill ctlinnd asterisk fs_cli birdc vtysh "
            "unbound-control knotc "
            "pdns_control ejabberdctl prosodyctl doveadm haproxy nodetool"
        ).split(),
        service_commands.act,
    ),
}
