"""The schedules inside a Java program, read from its archive without running it: Spring's @Scheduled, Quartz' triggers.

Line: `java -jar /opt/shop/shop.jar`: a class holds `@Scheduled(cron = "0 0 2 * * *")`, BOOT-INF/lib/quartz-2.3.2.jar lies there
Source: docs.spring.io/spring-framework (Scheduled, CronExpression: six fields, seconds first); quartz-scheduler.org (CronTrigger,
XMLSchedulingDataProcessorPlugin); The Java Virtual Machine Specification 4.4.7 (a class keeps its texts as UTF-8)
"""

import re
import zipfile
import zlib
from collections.abc import Iterable
from itertools import islice

from migrator.errors import MigratorError
from migrator.model.finding import Fact
from migrator.model.source import HostFiles

MOST_ENTRIES = 20_000
MOST_CLASSES = 2_000
MOST_BYTES = 500_000  # of one class or setting, unpacked
MOST = 50
MOST_FOLDERS = 9  # of a package's name
ANNOTATION = b"Lorg/springframework/scheduling/annotation/Scheduled;"
CRON = re.compile(rb"(?<![\w*/?,#-])(?:[\d*/?,#LW-]{1,40} ){5}[\w*/?,#-]{1,40}(?![\w*/?,#-])")
SETTING = re.compile(
    r"(?m)^[ \t]*[\w.-]{0,80}cron[\w.-]{0,80}[ \t]*[=:][ \t]*[\"']?((?:[\d*/?,#LW-]{1,40} ){5}[\w*/?,#-]{1,40})[\"']?[ \t]*\r?$"
)
TRIGGER = re.compile(r"<cron-expression>\s{0,20}([^<]{9,120}?)\s{0,20}</cron-expression>")
SETTINGS = re.compile(r"(?:^|/)(?:application[\w-]{0,40}\.(?:properties|ya?ml)|quartz[\w-]{0,40}\.(?:properties|xml))$")
IN_A_DATABASE = re.compile(
    r"(?m)^[ \t]*(?:org\.quartz\.jobStore\.class[ \t]*[=:][ \t]*[\w.]*(?:JobStoreTX|JobStoreCMT|LocalDataSourceJobStore)"
    r"|(?:spring\.quartz\.)?job-store-type[ \t]*[=:][ \t]*jdbc)\b"
)
TABLES = "unknown: Quartz keeps its triggers in its database (SELECT * FROM QRTZ_CRON_TRIGGERS lists them)"
SOURCE = re.compile(
    r"@Scheduled\s{0,20}\((?P<when>[^()]{0,300})\)(?:\s{1,80}@\w{1,60}(?:\([^()]{0,200}\))?){0,5}"
    r"\s{1,80}(?:\w{1,40}[\w<>\[\], ]{0,80}\s)?(?P<method>\w{1,80})\s?\("
)
PACKED = re.compile(r"^(/.+?)(?:/target|/build/libs)/[^/]+\.[jw]ar$")
BUILDS = re.compile(r"\b(?:mvnw?|gradlew?)\b.*\b(?:spring-boot:run|bootRun|exec:java)\b")
LIBRARY = re.compile(r"(?:BOOT-INF|WEB-INF)/lib/(quartz|spring-context|spring-boot)-(\d[\w.-]{0,40})\.jar")
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, MigratorError)


def found(files: HostFiles, facts: Iterable[Fact]) -> list[Fact]:
    """A fact for each schedule of the archives that the job starts; one that is not certain where Quartz keeps them elsewhere."""
    inner: list[Fact] = []
    for fact in facts:
        is_archive = fact.kind == "reads-path" and fact.detail == "program" and fact.value.endswith((".jar", ".war"))
        if is_archive and files.stat(fact.value) is not None:
            inner += _of_archive(files, fact)
        elif is_archive and (built := PACKED.match(fact.value)):
            inner += _of_sources(files, fact, built[1])
    return inner[:MOST]


def of_build(files: HostFiles, command: str, facts: Iterable[Fact]) -> list[Fact]:
    """A fact for each schedule in the sources that `mvn spring-boot:run` and its like build and start."""
    if not BUILDS.search(command):
        return []
    folders = {fact.value: fact for fact in facts if fact.kind == "working-directory"}
    return [one for folder, fact in folders.items() for one in _of_sources(files, fact, folder)][:MOST]


def _of_sources(files: HostFiles, fact: Fact, root: str) -> list[Fact]:
    """Spring's annotations in a project's sources, where what is built from them is not in the tree."""
    said = []
    patterns = [f"{root.rstrip('/')}/src/main/java/{'*/' * depth}*.java" for depth in range(MOST_FOLDERS)]
    for file in islice(files.glob(patterns), MOST_CLASSES):
        raw = files.content(file.path) if file.size <= MOST_BYTES else None
        for found in SOURCE.finditer((raw or b"").decode("utf-8", "replace")):
            when = re.sub(r"\s+", " ", found["when"]).strip()
            cron = re.search(r"cron\s?=\s?\"([^\"]{1,120})\"", when)
            value = f"{cron[1] if cron else when}: {found['method']} in {file.path.rpartition('/')[2]}"
            said.append(Fact(kind="inner-job", value=value, evidence=fact.evidence, detail="Spring"))
    return said


def _of_archive(files: HostFiles, fact: Fact) -> list[Fact]:
    said: dict[tuple[str, str], Fact] = {}

    def add(value: str, framework: str, certain: bool = True) -> None:
        said.setdefault(
            (value, framework), Fact(kind="inner-job", value=value, evidence=fact.evidence, certain=certain, detail=framework)
        )

    libraries: dict[str, str] = {}
    try:
        with files.open(fact.value) as stream, zipfile.ZipFile(stream) as archive:
            classes = 0
            for entry in archive.infolist()[:MOST_ENTRIES]:
                if library := LIBRARY.fullmatch(entry.filename):
                    libraries[library[1]] = library[2]
                if entry.file_size > MOST_BYTES:
                    continue
                if entry.filename.endswith(".class") and classes < MOST_CLASSES:
                    classes += 1
                    raw = archive.read(entry)
                    if ANNOTATION in raw:
                        name = entry.filename.removeprefix("BOOT-INF/classes/").removesuffix(".class").replace("/", ".")
                        for match in CRON.finditer(raw):
                            if raw[: match.start()].endswith(b"\1" + len(match[0]).to_bytes(2, "big")):  # a text of its own
                                add(f"{match[0].decode('ascii')}: {name}", "Spring")
                elif SETTINGS.search(entry.filename):
                    text = archive.read(entry).decode("utf-8", "replace")
                    if IN_A_DATABASE.search(text):
                        add(TABLES, "Quartz")
                    for setting in SETTING.finditer(text):
                        add(f"{setting[1]}: {entry.filename}", "Spring")
                    for trigger in TRIGGER.finditer(text):
                        add(f"{trigger[1]}: {entry.filename}", "Quartz")
    except DAMAGED:
        return list(said.values())
    if "quartz" in libraries and not any(framework == "Quartz" for _, framework in said):
        add(
            f"unknown: Quartz {libraries['quartz']} keeps its triggers in a database or makes them in its program",
            "Quartz",
            False,
        )
    return list(said.values())
