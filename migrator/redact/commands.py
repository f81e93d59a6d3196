"""Secrets in the options of programs: knowledge of command lines, one entry per program."""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from migrator.redact.needles import WhenNeeded, lowered, may_hold
from migrator.redact.span import Span
from migrator.redact.values import VALUE, is_placeholder_free, is_reference


class Option(NamedTuple):
    """How a program takes a secret: `glued` -pX, `quoted` -p'X' only, `apart` -p X, `either`; `pair` cuts a user name off at this separator."""

    programs: str
    option: str
    form: str
    name: str
    pair: str | None = None


OPTIONS: tuple[Option, ...] = (
    Option(
        r"mysql|mysqldump|mysqladmin|mysqlimport|mysqlcheck|mysqlshow|mysqlslap|mysqlhotcopy|mysqlbinlog|mysqlpump|mysqlrepair|mysqloptimize"
        r"|mysqlanalyze|mysqlsh|mariadb(?:-[a-z]+)?|mariabackup|innobackupex|xtrabackup|mydumper|myloader|mtop|mytop|maatkit|pt-[a-z-]+",
        "-p", "glued", "MYSQL_PASSWORD",
    ),
    Option(r"mydumper|myloader|pt-[a-z-]+|mytop", "-p", "apart", "MYSQL_PASSWORD"),
    Option(r"mysql[a-z]*|mariadb(?:-[a-z]+)?|mariabackup|innobackupex|xtrabackup", "--password=", "glued", "MYSQL_PASSWORD"),
    Option(r"mongo|mongosh|mongodump|mongorestore|mongoexport|mongoimport|mongostat", "-p", "either", "MONGO_PASSWORD"),
    Option(r"mongo|mongosh|mongodump|mongorestore|mongoexport|mongoimport", "--password", "either", "MONGO_PASSWORD"),
    Option(r"redis-cli|keydb-cli|valkey-cli", "-a", "apart", "REDIS_PASSWORD"),
    Option(r"sshpass", "-p", "either", "SSH_PASSWORD"),
    Option(r"curl|wget|httpie|http|https|lynx", "-u", "either", "HTTP_PASSWORD", ":"),
    Option(r"curl", "--user", "either", "HTTP_PASSWORD", ":"),
    Option(r"curl", "-U", "either", "PROXY_PASSWORD", ":"),
    Option(r"curl", "--proxy-user", "either", "PROXY_PASSWORD", ":"),
    Option(r"http|https", "-a", "apart", "HTTP_PASSWORD", ":"),
    Option(r"lynx", "-auth=", "glued", "HTTP_PASSWORD", ":"),
    Option(r"smbclient|rpcclient|net|smbget|wmic", "-U", "either", "SMB_PASSWORD", "%"),
    Option(r"ldapsearch|ldapmodify|ldapadd|ldapdelete|ldappasswd|ldapwhoami", "-w", "either", "LDAP_PASSWORD"),
    Option(r"lftp", "-u", "apart", "FTP_PASSWORD", ","),
    Option(r"ncftp|ncftpput|ncftpget|ncftpls", "-p", "either", "FTP_PASSWORD"),
    Option(r"zip|unzip|zipcloak", "-P", "either", "ZIP_PASSWORD"),
    Option(r"7za?|7zr|7zz|rar|unrar", "-p", "glued", "ARCHIVE_PASSWORD"),
    Option(r"rar", "-hp", "glued", "ARCHIVE_PASSWORD"),
    Option(r"sqlcmd|bcp|tsql|isql|osql|freebcp|ipmitool", "-P", "either", "PASSWORD"),
    Option(r"docker\s+login|podman\s+login|az\s+login|az\s+acr\s+login|helm\s+registry\s+login|oc\s+login", "-p", "either", "REGISTRY_PASSWORD"),
    Option(r"openssl", "-k", "apart", "OPENSSL_PASSPHRASE"),
    Option(r"openssl", "-k", "quoted", "OPENSSL_PASSPHRASE"),
    Option(r"openssl", "-K", "apart", "OPENSSL_KEY"),
    Option(r"snmp[a-z]+", "-A", "apart", "SNMP_PASSWORD"),
    Option(r"snmp[a-z]+", "-X", "apart", "SNMP_PASSWORD"),
    Option(r"rdesktop", "-p", "either", "RDP_PASSWORD"),
    Option(r"influx|doctl", "-t", "either", "TOKEN"),
    Option(r"cqlsh|hydra|medusa|ncrack", "-p", "either", "PASSWORD"),
    Option(r"twine[ \t]+upload|rabbitmqadmin|mega[a-z]+", "-p", "either", "PASSWORD"),
    Option(r"kadmin|kinit|slapadd|slappasswd|ldappasswd|smbldap-[a-z]+|kpasswd|nsupdate", "-w", "either", "PASSWORD"),
    Option(r"sqsh|bsqldb|bsqlodbc|defncopy|fisql|ipmi-[a-z]+|ipmiutil|bmc-[a-z]+", "-P", "either", "PASSWORD"),
    Option(r"ipmi-[a-z]+|bmc-[a-z]+|ipmipower|ipmiconsole", "-p", "either", "PASSWORD"),
    Option(r"check_mysql|check_mysql_query|check_mysql_health|check_pgsql|check_postgres|check_dbi|check_ldap|check_ldaps|check_radius|check_imap|check_pop|check_smtp|check_oracle|check_mssql|check_mssql_health|check_mongodb|check_redis|check_vmware_esx|check_vmware_api|check_esx|check_wmi_plus|check_ftp|check_disk_smb|check_rabbitmq_server|check_rabbitmq_overview|check_jmx|check_snmp", "-p", "either", "MONITOR_PASSWORD"),
    Option(r"check_ldap|check_ldaps|check_smtp", "-P", "either", "MONITOR_PASSWORD"),
    Option(r"check_http|check_curl|check_tomcat|check_jolokia", "-a", "either", "MONITOR_PASSWORD", ":"),
    Option(r"check_snmp[a-z_]*", "-A", "either", "SNMP_PASSWORD"),
    Option(r"check_snmp[a-z_]*", "-X", "either", "SNMP_PASSWORD"),
    Option(r"mosquitto_[a-z]+", "-P", "either", "MQTT_PASSWORD"),
    Option(r"swift", "-K", "either", "SWIFT_KEY"),
    Option(r"swaks", "-ap", "apart", "SMTP_PASSWORD"),
    Option(r"send[eE]mail", "-xp", "apart", "SMTP_PASSWORD"),
    Option(r"winexe|psexec|impacket-[a-z]+|crackmapexec", "-U", "either", "SMB_PASSWORD", "%"),
    Option(r"imapsync", "--password1", "either", "IMAP_PASSWORD"),
    Option(r"imapsync", "--password2", "either", "IMAP_PASSWORD"),
    Option(r"vncviewer|cadaver|davfs", "--passwd", "either", "PASSWORD"),
    Option(r"beeline|hive", "-p", "apart", "HIVE_PASSWORD"),
    Option(r"noip2", "-p", "apart", "NOIP_PASSWORD"),
    Option(r"sendmail", "-ap", "apart", "SMTP_PASSWORD"),
    Option(r"htpasswd", "-b", "never", "HTPASSWD"),
)  # fmt: skip

PROGRAM = re.compile(
    r"(?:(?<![\w/.=-])|(?<=bin/))(?P<program>"
    + "|".join(sorted({p for o in OPTIONS for p in o.programs.split("|")}, key=lambda p: (-len(p), p)))
    + r")(?=[\s\"'])"
)
COMPILED = tuple(
    (
        WhenNeeded(option.programs),
        WhenNeeded(
            r"(?<=[\s\"'])"
            + re.escape(option.option)
            + {
                "glued": r"(?=[^\s])",
                "quoted": r"(?=[\"'])",
                "apart": r"(?:[ \t]+(?=[^\s-])|[\"'],\s{0,40}[\"'])",
                "either": r"(?:[ \t]+(?=[^\s-])|[\"'],\s{0,40}[\"']|=?(?=[^\s=\"']|[\"'][^,\s]))",
                "never": r"(?!)",
            }[option.form]
            + VALUE
        ),
        option,
    )
    for option in OPTIONS
)
SEGMENT_LIMIT = 4000
LIST_LIMIT = 600  # of a list of words that goes on in further lines
PROGRAMS_PER_COMMAND = 4  # `time sshpass mysqldump` is three; more only costs time

# The name, the kind, what must stand in a text in small letters (one of these words), and the pattern.
PLAIN: tuple[tuple[str, str, str, WhenNeeded], ...] = (
    ("PASSWORD", "chpasswd", "chpasswd", WhenNeeded(r"(?:echo|printf)[ \t]+(?:-[neE]+[ \t]+)?" + VALUE + r"[\"']?[ \t]{0,20}\|[ \t]{0,20}(?:sudo[ \t]+)?(?:/\S{0,40}/)?chpasswd")),
    ("SUDO_PASSWORD", "stdin", "sudo", WhenNeeded(r"(?:echo|printf)[ \t]+(?:-[neE]+[ \t]+)?" + VALUE + r"[\"']?[ \t]{0,20}\|[ \t]{0,20}(?:/\S{0,40}/)?sudo[ \t][^|;&\n]{0,60}(?:-[a-zA-Z]{0,4}S|--stdin\b)")),
    ("SUDO_PASSWORD", "stdin", "sudo", WhenNeeded(r"sudo[ \t]+(?:-\w+[ \t]+){0,4}-[a-zA-Z]{0,4}S\b[^|;&\n<]{0,120}<<<[ \t]*" + VALUE)),
    ("PASSWORD", "stdin", "stdin cryptsetup passphrase-fd kinit smbpasswd openconnect login ecryptfs-add-passphrase", WhenNeeded(r"(?:echo|printf)[ \t]+(?:-[neE]+[ \t]+)?" + VALUE + r"[\"']?[ \t]{0,20}\|[ \t]{0,20}(?:sudo[ \t]+)?(?:/\S{0,40}/)?(?:passwd[ \t]+--stdin|cryptsetup|gpg[ \t][^|\n]{0,80}passphrase-fd|kinit|smbpasswd|openconnect|docker[ \t]login|ecryptfs-add-passphrase)")),
    ("ENCODED_SECRET", "base64", "base64 openssl", WhenNeeded(r"(?:echo|printf)[ \t]+(?:-[neE]+[ \t]+)?[\"']?(?P<bare>[A-Za-z0-9+/]{8,2000}={0,2})[\"']?[ \t]{0,20}\|[ \t]{0,20}(?:base64|openssl[ \t]+(?:enc|base64))[ \t][^|;&\n]{0,40}-{1,2}[dD]")),
    ("ENCODED_SECRET", "base64", "base64", WhenNeeded(r"base64[ \t]+(?:-d|-D|--decode)[ \t]*<<<[ \t]*" + VALUE)),
    ("PASSPHRASE", "option", "pass:", WhenNeeded(r"(?<![\w/])pass:" + VALUE)),
    ("HTPASSWD_PASSWORD", "option", "htpasswd", WhenNeeded(r"htpasswd[ \t]+-\w{0,6}b\w{0,6}[ \t]+(?:[^\s-]\S{0,200}[ \t]+){1,2}" + VALUE + r"(?=[ \t\r]*(?:$|[|>&;\n]))")),
    ("ORACLE_PASSWORD", "option", "sqlplus expdp impdp exp imp sqlldr rman", WhenNeeded(r"(?:sqlplus|expdp|impdp|exp|imp|sqlldr|rman[ \t]+target)[ \t]+(?:-\w+[ \t]+){0,4}[\"']?\w{1,60}/(?P<bare>[^\s@\"'/]{1,100})(?=@|[\"'\s]|$)")),
    ("FTP_PASSWORD", "ftp", "ftp", WhenNeeded(r"(?m)^[ \t]*(?:quote[ \t]+)?(?:user[ \t]+[^\s\"']{1,80}|USER[ \t]+[^\s\"']{1,80}|PASS|quote[ \t]+pass)[ \t]+(?P<bare>[^\s\"'|;&<>-][^\s\"'|;&<>]{0,200})[ \t]*$")),
    ("FTP_PASSWORD", "ftp", "ftp", WhenNeeded(r"(?<=[\"'; ])(?:user|open[ \t]+-u)[ \t]+[^\s\"',;]{1,80}[ ,](?P<bare>[^\s\"';]{1,100})[ \t]*;")),
    ("NETRC_PASSWORD", "netrc", "login", WhenNeeded(r"\blogin\s{1,20}\S{1,100}\s{1,20}password\s{1,20}" + VALUE)),
    ("PGPASS", "pgpass", ":", WhenNeeded(r"(?m)^[^\s:#]{1,100}:(?:\d{2,5}|\*):[^\s:]{1,100}:[^\s:]{1,100}:(?P<bare>[^\s]{1,200})$")),
    ("MYSQL_PASSWORD", "sql", "identified", WhenNeeded(r"IDENTIFIED[ \t]+(?:WITH[ \t]+\w+[ \t]+)?BY[ \t]+(?:PASSWORD[ \t]+)?" + VALUE, re.IGNORECASE)),
    ("RADIUS_PASSWORD", "option", "radtest", WhenNeeded(r"radtest[ \t]+(?:-\w+[ \t]+(?:\w+[ \t]+)?){0,4}[^\s-]\S{0,80}[ \t]+" + VALUE + r"[\"']?(?=[ \t]+\S+[ \t]+\d)")),
    ("RADIUS_SECRET", "option", "radtest", WhenNeeded(r"radtest[ \t][^\n|;&]{1,200}?[ \t]\d{1,5}[ \t]+" + VALUE)),
    ("PDF_PASSWORD", "option", "qpdf", WhenNeeded(r"qpdf[ \t][^\n|;&]{0,100}--encrypt[ \t]+" + VALUE)),
    ("PDF_PASSWORD", "option", "qpdf", WhenNeeded(r"qpdf[ \t][^\n|;&]{0,100}--encrypt[ \t]+\S{1,80}[ \t]+" + VALUE + r"[\"']?(?=[ \t]+\d{2,3})")),
    # `-u bob -p X`: whatever program it is; numbers, paths, addresses and settings stay
    ("PASSWORD", "option", "-p -w", WhenNeeded(r"(?m)^(?![^\n]{0,80}\b(?:sudo|docker|podman|ps|systemd-run|nsenter|ssh|scp|sftp|runuser|su|mkdir|screen|chpst|nmap|rsync|perl|tar|cp|lpr|lp|mysql\w*|mariadb\S*|psql|pg_\w+|createdb|dropdb|vacuumdb)\b)[^\n]{0,2000}?[ \t](?:-[uUlD]|--?user(?:name)?|--?login)[ \t=]?[\"']?[A-Za-z][^\s;|&]{0,60}[ \t]+(?:-\w+[ \t]+)?-[pPw][ \t]+(?=[\"']?[^\s\"'/-])(?![\"']?[\d:,.]+[\"']?(?:\s|$))(?![\"']?\w+=)" + VALUE)),
    ("HTTP_PASSWORD", "call", "credentials", WhenNeeded(r"->credentials\s{0,3}\([^)\n]{1,200},\s{0,3}(?=[\"'])" + VALUE + r"[\"']\s{0,3}\)")),
    ("PASSWORD", "expect", "send", WhenNeeded(r"assword[^\n]{0,60}\n?[ \t{]{0,20}(?:exp_)?send(?:[ \t]+--)?[ \t]+(?=[\"'])[\"'](?P<bare>[^\s\"'$\\]{1,100})(?=\\[rn])")),
    ("SQL_PASSWORD", "sql", "password", WhenNeeded(r"\bPASSWORD[ \t]{1,8}(?=')" + VALUE, re.IGNORECASE)),
)  # fmt: skip

NEEDED = tuple((name, kind, tuple(needles.split()), pattern) for name, kind, needles, pattern in PLAIN)
CONNECT = re.compile(
    r"(?:->(?:authorization_basic|proxy_authorization_basic|auth)|mysqli?_(?:p?connect|real_connect)|new\s+mysqli|new\s+\\?\w{0,30}(?:Db|DB|Database|Mysql|MySQL|Sql|SQL|Connection)\w{0,20}|new\s+\\?PDO|DBI->connect|ftp_login|pg_connect|ldap_bind|imap_open|ssh2_auth_password"
    r"|ftplib\.FTP(?:_TLS)?|\.login|->login|oci_connect|MySQLdb\.connect|pymysql\.connect|mysql\.connector\.connect|HTTPBasicAuth|NetworkCredential|DirectoryEntry"
    r"|yagmail\.SMTP|(?<![\w.>:])FTP(?:_TLS)?|Net::FTP\.(?:open|new)|OAuthHandler|OAuth1(?:Session)?|smtp_auth|auth_login)\s{0,4}\("
)
# what is given their token first: `Pushbullet("o.abc")`
GIVEN_FIRST = re.compile(
    r"\b(?:Push[bB]ullet|TeleBot|TelegramBot|Telegraf|Slacker|WebClient|Dropbox|GitHub|Github|Gitlab|DigitalOcean|CloudFlare|Todoist\w{0,5}|Notion\w{0,8}|InfluxDBClient|Sentry|Raven)"
    r"\(\s{0,8}(?P<q>[\"'])(?P<v>[^\s\"'/$<>]{12,200})(?P=q)"
)
ARGUMENT = re.compile(
    r"""\s*(?P<arg>(?P<q>["'])(?P<quoted>(?:\\.|(?!(?P=q))[^\n]){0,300})(?P=q)|[^,()"'\n]{0,200})\s*(?P<end>[,)])"""
)
THIRD_ARGUMENT = (
    "mysql",
    "new",
    "DBI",
    "ftp_",
    "ftplib",
    "FTP",
    "Net::FTP",
    "ldap",
    "imap",
    "ssh2",
    "oci",
    "pymysql",
    "DirectoryEntry",
)


def spans(text: str) -> Iterator[Span]:
    """Secrets in options, on standard input of programs that ask for them, and in calls that open connections."""
    yield from _options(text)
    low = lowered(text)
    for name, kind, needles, pattern in NEEDED:
        if (kind == "ftp" and "ftp" not in text) or not may_hold(low, needles):
            continue
        for match in pattern.finditer(text):
            if span := _span(match, name, kind, ":" if kind == "chpasswd" else None):
                yield span
    yield from _calls(text)


def _options(text: str) -> Iterator[Span]:
    end = 0
    programs: list[str] = []
    for match in PROGRAM.finditer(text):
        start = match.end()
        if start >= end:
            end, programs = _segment_end(text, start), []
        if len(programs) == PROGRAMS_PER_COMMAND or match["program"] in programs:
            continue  # what follows the first of them follows the second as well
        programs.append(match["program"])
        for pattern, option in _options_of(match["program"]):
            for found in pattern.finditer(text, start, min(len(text), end + SEGMENT_LIMIT)):
                if found.start() >= end:
                    break
                if span := _span(found, option.name, "option", option.pair):
                    yield span


@functools.lru_cache(maxsize=1024)
def _options_of(program: str) -> tuple[tuple[WhenNeeded, Option], ...]:
    return tuple((pattern, option) for owners, pattern, option in COMPILED if owners.compiled.fullmatch(program))


def _segment_end(text: str, start: int) -> int:
    """Where the simple command that starts here ends; a quoted separator or an escaped line end does not end it."""
    end, quote = start, ""
    limit = min(len(text), start + SEGMENT_LIMIT)
    if text[start : start + 1] in {'"', "'"}:  # one of a list of words: ["mysql", "-pX"]
        ends = text.find("]", start, limit)  # the list's end, some lines further down perhaps
        newline = text.find("\n", start, limit)
        is_list = (
            text.rfind("[", max(0, start - 100), start) >= 0 and 0 <= ends < start + LIST_LIMIT and "\n\n" not in text[start:ends]
        )
        return ends if is_list else newline if newline >= 0 else limit
    while end < limit:
        char = text[end]
        if quote:
            quote = "" if char == quote else quote
        elif char == "\\":
            end += 1
        elif char in "\"'":
            quote = char
        elif char in ";|&\n":
            return end
        end += 1
    return limit


def _span(match: re.Match[str], name: str, kind: str, pair: str | None) -> Span | None:
    groups = match.groupdict()
    group = "quoted" if groups.get("quoted") is not None else "bare"
    start, end = match.span(group)
    value = match[group]
    if pair is not None:
        if pair not in value:
            return None
        cut = value.index(pair) + len(pair)
        start, value = start + cut, value[cut:]
    if not value.strip() or not is_placeholder_free(value) or is_reference(value, quoted=group == "quoted"):
        return None
    return Span(start, end, name, kind)


def _calls(text: str) -> Iterator[Span]:
    """The last of the first two or three arguments of a call that opens a connection, where it is a literal."""
    for match in GIVEN_FIRST.finditer(text) if "(" in text else ():
        if is_placeholder_free(match["v"]) and not is_reference(match["v"], quoted=True):
            yield Span(*match.span("v"), "TOKEN", "call")
    for match in CONNECT.finditer(text) if "(" in text else ():
        wanted = 3 if match[0].startswith(THIRD_ARGUMENT) else 2
        at, argument = match.end(), None
        for _ in range(wanted):
            argument = ARGUMENT.match(text, at)
            if argument is None or (argument["end"] == ")" and _ < wanted - 1):
                argument = None
                break
            at = argument.end()
        if (
            argument
            and argument["quoted"]
            and is_placeholder_free(argument["quoted"])
            and not is_reference(argument["quoted"], quoted=True)
        ):
            yield Span(*argument.span("quoted"), "PASSWORD", "call")
