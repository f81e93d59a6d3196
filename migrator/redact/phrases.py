"""Secrets that follow a phrase rather than a name: subcommands, words of a call, what is fed to a program that asks."""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import re
from collections.abc import Iterator

from migrator.redact.names import name_class, spelled
from migrator.redact.needles import WhenNeeded
from migrator.redact.span import Span
from migrator.redact.values import VALUE, is_placeholder_free, is_reference, looks_random

TELLING = r"[\w.-]{0,40}(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|pass)[\w.-]{0,20}"
WORD = r"[^\s\"'|;&<>]{1,200}"
QUOTED = r"(?P<q>[\"'])(?P<quoted>(?:\\.|(?!(?P=q))[^\n\\]){1,300})(?P=q)"
FED = r"(?:echo|printf)[ \t]+(?:-[neE]+[ \t]+)?(?:[\"']%s(?:\\n)?[\"'][ \t]+)?"

# `-p badpass`, `-w secret`, `-P MyPassword`: a word that says itself what it is, to any program but those whose -p is something else
SAID = re.compile(
    r"(?<=[ \t\"'|(])-[pPwWk][ \t]+[\"']?(?!(?i:com|by|tres)pass|passthr|passiv|passeng)(?P<bare>(?=[\w!@#%^+-]{0,50}(?i:passw|passphr|secret|(?<![a-z])pass(?![a-z-])|pass(?=[\d!@#%^+\s\"']|$)))[\w!@#%^+-]{4,60})[\"']?(?=[\s\])|;&]|$)"
)
OTHER_P = re.compile(
    r"\bz?[ef]?grep\b|\bmkdir|\bcp\b|\bmake\b|\bscp\b|\binstall\b|\bps\b|\btar\b|\bperl\b|\bssh|\bread\b|\bls\b|\bsort\b|\brsync|\bdpkg|\bapt"
    r"|\bgetopts?\b|\bdocker|\bpodman|\bscreen\b|\btmux\b|\bnmap\b|\bgpg|\bwget\b|\bcurl\b|\bdeclare\b|\btypeset\b|\bwhence\b|\bcommand\b|\bpidof\b"
    r"|\bpgrep|\bmv\b|\brm\b|\btouch\b|\bsu\b|\bsudo\b|\bid\b|\bawk\b|\bsed\b|\bpkill|\bhelm\b|\bkubectl\b|\bpass\b|\bsystemctl|\bfind\b|\bwhich\b|\btest\b|\bgit\b|^[ \t]*(?:if[ \t]+|while[ \t]+)?\[\[?[ \t]"
)
# The name, a word that must stand in the text so that the pattern can match, and the pattern.
PHRASES: tuple[tuple[str, str, WhenNeeded], ...] = (
    ("SMB_PASSWORD", "smbclient", WhenNeeded(rf"smbclient[ \t]+[\"']?//{WORD}[\"']?[ \t]+(?!-){VALUE}")),
    ("SETTING", " set ", WhenNeeded(rf"(?i:config(?:ure)?[ \t]+set[ \t]+(?:--\S{{1,40}}[ \t]+)?{TELLING})[ \t]+{VALUE}")),
    ("PDF_PASSWORD", "_pw ", WhenNeeded(rf"\b(?:user|owner|input)_pw[ \t]+{VALUE}")),
    ("VAULT_TOKEN", "vault", WhenNeeded(rf"\bvault[ \t]+login[ \t]+(?!-)(?![\w-]+=){VALUE}")),
    ("COMPOSER_PASSWORD", "http-basic.", WhenNeeded(rf"http-basic\.{WORD}[ \t]+{WORD}[ \t]+{VALUE}")),
    ("COMPOSER_TOKEN", "composer", WhenNeeded(rf"composer[ \t][^|;&\n]{{0,60}}(?:oauth|token|bearer)\.{WORD}[ \t]+{VALUE}")),
    ("DNS_KEY", " -y ", WhenNeeded(r"(?:nsupdate|dig|rndc)[ \t][^|;&\n]{0,100}-y[ \t]+[\"']?(?:[\w-]{1,40}:)?[\w.-]{1,100}:(?P<bare>[^\s\"':]{4,300})")),
    ("NETWORK_PASSWORD", "nmcli", WhenNeeded(rf"nmcli[ \t][^|;&\n]{{0,200}}[ \t](?:password|wifi-sec\.psk|802-1x\.password)[ \t]+{VALUE}")),
    ("RABBITMQ_PASSWORD", "rabbitmqctl", WhenNeeded(rf"rabbitmqctl[ \t][^|;&\n]{{0,60}}(?:add_user|change_password|authenticate_user)[ \t]+{WORD}[ \t]+{VALUE}")),
    ("B2_KEY", "authorize", WhenNeeded(rf"\bb2[ \t]+(?:account[ \t]+authorize|authorize[_-]account)[ \t]+{WORD}[ \t]+{VALUE}")),
    ("STORE_KEY", "mc ", WhenNeeded(rf"\bmc[ \t]+(?:alias[ \t]+set|config[ \t]+host[ \t]+add)[ \t]+{WORD}[ \t]+{WORD}[ \t]+{WORD}[ \t]+{VALUE}")),
    ("EXPECT_PASSWORD", "assword", WhenNeeded(r"(?i:ass(?:word|phrase))[^\n]{0,60}\n?[^\n]{0,20}\bsend(?:[ \t]+--)?[ \t]+\\?[\"'](?P<bare>[^\"'\n\\$]{1,200})\\r")),
    ("PASSPHRASE", "<<<", WhenNeeded(rf"(?:password_stdin|passphrase-fd|passwd-on-stdin|password-stdin|passin[ \t]+stdin)[^|;&\n<]{{0,200}}<<<[ \t]*{VALUE}")),
    ("PASSPHRASE", "<<<", WhenNeeded(rf"\b\d{{0,2}}<<<[ \t]*{VALUE}[^\n]{{0,20}}\n?[^\n]{{0,20}}(?:passphrase-fd|passin[ \t]+fd)")),
    ("PASSWORD", "|", WhenNeeded(rf"{FED}{VALUE}[\"']?[ \t]{{0,20}}\|[ \t]{{0,20}}[^|;&\n]{{1,200}}-(?:-with-token|-?password-?stdin|-?passwd-on-stdin|-?token-stdin)\b")),
    ("SUDO_PASSWORD", "sudo", WhenNeeded(rf"{FED}{VALUE}[\"']?[ \t]{{0,20}}\|[ \t]{{0,20}}(?:/\S{{0,40}}/)?sudo[ \t][^|;&\n]{{0,60}}-[a-zA-Z]{{0,4}}S")),
    ("PGPASS", "pgpass", WhenNeeded(r"[\"'][^\s:\"']{1,100}:(?:\d{2,5}|\*):[^\s:\"']{1,100}:[^\s:\"']{1,100}:(?P<bare>[^\s\"']{1,200})[\"'][ \t]*>+[^\n]{0,60}pgpass")),
    ("RDP_PASSWORD", "freerdp", WhenNeeded(rf"(?:xfreerdp|wlfreerdp|sfreerdp)3?[ \t][^|;&\n]{{0,300}}[ \t]/p:{VALUE}")),
    ("HTTP_PASSWORD", "uth", WhenNeeded(rf"(?:\bauth[\"']?\s{{0,4}}(?:=>|[=:])\s{{0,4}}[(\[]|basic_auth\s{{0,2}}\(?|authorization_basic\s{{0,2}}\(|[bB]asicAuth\s{{0,2}}\()\s{{0,4}}[\"'][^\"'\n]{{0,100}}[\"']\s{{0,4}},\s{{0,4}}{QUOTED}")),
    ("CRON_KEY", "$_", WhenNeeded(rf"\$_(?:GET|POST|REQUEST|COOKIE|SERVER)\[[ ]?[\"']\w{{0,20}}(?:key|token|pass|passwd|password|pwd|secret|auth|hash|code)[\"'][ ]?\][ \t]{{0,4}}[!=]==?[ \t]{{0,4}}{QUOTED}")),
    ("REDIS_PASSWORD", "auth(", WhenNeeded(rf"(?i:redis\w{{0,10}}|cache|\br)(?:->|\.)auth\(\s{{0,4}}{QUOTED}\s{{0,4}}\)")),
    ("PASSWORD", "assword", WhenNeeded(rf"(?:set|with|use)_?[pP]assword\s{{0,2}}\(\s{{0,4}}{QUOTED}")),
    ("PASSWORD", "redentials", WhenNeeded(rf"(?:set|with|use)_?[cC]redentials\s{{0,2}}\(\s{{0,4}}[\"'][^\"'\n]{{0,100}}[\"']\s{{0,4}},\s{{0,4}}{QUOTED}")),
    ("PASSWORD", "default", WhenNeeded(rf"[\"']--?(?i:{TELLING})[\"'][^)\n]{{0,200}}\bdefault[ \t]{{0,4}}=[ \t]{{0,4}}{QUOTED}")),
    ("PASSWORD", "`", WhenNeeded(rf"\b(?i:{TELLING})[\"']?[ \t]{{0,4}}[:=][ \t]{{1,4}}`(?P<bare>[^`$\s(){{}}/]{{3,200}})`(?=[ \t]*[,;}}\n])")),
    ("HTTP_PASSWORD", "curl", WhenNeeded(r"curl[ \t][^|;&\n]{0,400}?(?<=[ \t])-[a-zA-Z#]{1,8}u[ \t]{0,4}[\"']?[^\s:\"'$]{1,80}:(?P<bare>[^\s\"']{1,200})")),
    ("CERTIFICATE_PASSWORD", "curl", WhenNeeded(r"curl[ \t][^|;&\n]{0,400}?(?<=[ \t])(?:-E|--(?:proxy-)?cert)[ \t=]{1,4}[\"']?[^\s:\"']{1,200}:(?P<bare>[^\s\"']{1,200})")),
    ("PROXY_PASSWORD", "curl", WhenNeeded(r"curl[ \t][^|;&\n]{0,400}?(?<=[ \t])(?:-x|--(?:pre)?proxy|--socks\w{1,10})[ \t=]{1,4}[\"']?[^\s:@/\"'$]{1,80}:(?!//)(?P<bare>[^\s@\"']{1,200})@")),
    ("COOKIE", "curl", WhenNeeded(r"curl[ \t][^|;&\n]{0,400}?(?<=[ \t])(?:-b|--cookie)[ \t=]{1,4}[\"']?[\w.-]{1,60}=(?P<bare>[^\s;\"']{6,2000})")),
    ("PASSWORD", "auth", WhenNeeded(r"(?<![\w-])--?(?:basic-?|http-?|proxy-?|api-?)?auth[ =][\"']?[\w.@-]{1,80}:(?!\d+(?:[\s\"']|$))(?P<bare>[^\s\"'@/]{3,200})(?=[\s\"']|$)")),
    ("PASSWORD", "pwd", WhenNeeded(rf"(?<![\w-])--?pwd[ =](?![-/.~$]){VALUE}")),
    ("PASSWORD", "/p", WhenNeeded(rf"(?<![\w/.:-])/(?:password|passwd|pwd|pass):{VALUE}")),
    ("PASSWORD", " -p", WhenNeeded(rf"(?m)^(?!.{{0,2000}}(?:mysql|mariadb|mydumper|myloader|sudo|ssh|docker|podman|nc |psql|su )).{{0,1000}}?[ \t]-u[ \t]?[\w.@\\-]{{1,60}}[ \t]+-p[ \t]{{0,4}}(?![-\d/.~$]){VALUE}")),
    ("SNMP_COMMUNITY", "snmp", WhenNeeded(rf"snmp[a-z]+[ \t][^|;&\n]{{0,100}}?(?<=[ \t])-c[ \t]*(?!public\b|private\b){VALUE}")),
    ("FTP_PASSWORD", "lftp", WhenNeeded(r"lftp\b[^|;&\n]{0,200}?-u[ \t]+[\"']?[^\s,\"']{1,60}[\"']?,[\"']?(?P<bare>[^\s\"',;]{1,200})")),
    ("SMB_PASSWORD", "%", WhenNeeded(r"(?<=[ \t])-U[ \t]{0,4}[\"']?[^\s%\"']{1,80}%[\"']?(?P<bare>[^\s\"']{1,200})")),
    ("MYSQL_PASSWORD", "-p$'", WhenNeeded(r"(?:mysql|mariadb)[a-z-]*[ \t][^|;&\n]{0,300}?(?<=[ \t])-p\$'(?P<bare>[^'\n]{1,200})'")),
    ("MYSQL_PASSWORD", "mysql", WhenNeeded(r"mysql[a-z]+[ \t][^|;&\n]{0,300}?--(?:source|destination|server\d?|master|slave|replica)[ =][\"']?[\w.]{1,60}:(?P<bare>[^\s@\"':]{1,100})@")),
    ("MYSQL_PASSWORD", "pt-", WhenNeeded(r"(?<=[\s\"'])(?:[hDuPtSFA]=[^\s,\"']{0,100},){1,6}p=(?P<bare>[^\s,\"']{1,200})")),
    ("ORACLE_PASSWORD", "userid", WhenNeeded(r"\buserid=[\"']?\w{1,60}/(?P<bare>[^\s@\"'/]{1,100})")),
    ("ORACLE_PASSWORD", "jdbc:", WhenNeeded(r"jdbc:oracle:\w{1,20}:\w{1,60}/(?P<bare>[^\s@\"'/]{1,100})@")),
    ("ORACLE_PASSWORD", "conn", WhenNeeded(r"(?i:\bconn(?:ect)?)[ \t]+\w{1,60}/(?P<bare>[^\s@\"'/;]{1,100})(?=@)")),
    ("DATABASE_PASSWORD", " using ", WhenNeeded(rf"(?i:\bconnect\b[^\n]{{0,200}}\buser[ \t]+[\"']?[\w.@-]{{1,60}}[\"']?[ \t]+using)[ \t]+{VALUE}")),
    ("TERADATA_PASSWORD", ".logon", WhenNeeded(r"\.logon[ \t]+[^\s,\"']{1,100},(?P<bare>[^\s\"';]{1,100})")),
    ("DATABASE_PASSWORD", "isql", WhenNeeded(rf"\bisql[ \t]+(?:-\w+[ \t]+){{0,4}}(?!-){WORD}[ \t]+(?!-){WORD}[ \t]+(?!-){VALUE}")),
    ("PASSWORD", "drush", WhenNeeded(rf"drush\b[^|;&\n]{{0,100}}(?:upwd|user[:-]password)[ \t]+(?!-){WORD}[ \t]+(?!-){VALUE}")),
    ("SETTING", "option", WhenNeeded(rf"\boptions?[ \t]+(?:update|add|set|insert|patch[ \t]+update)[ \t]+{TELLING}[ \t]+{VALUE}")),
    ("HTTP_PASSWORD", "curl", WhenNeeded(rf"curl[ \t][^|;&\n]{{0,400}}?(?<=[ \t])(?:-u|--(?:proxy-)?user)[ \t=]{{0,4}}(?:\"[^\"\n:]{{1,200}}\"|'[^'\n:]{{1,200}}'|[^\s\"':]{{1,200}}):{QUOTED}")),
    ("HTTP_TOKEN", "curl", WhenNeeded(r"curl[ \t][^|;&\n]{0,400}?(?<=[ \t])(?:-u|--user)[ \t=]{0,4}[\"']?(?P<bare>(?=[^\s:\"']*[0-9A-Z])[^\s:\"'$@{}<>]{8,200}):(?=[\"'\s]|$)")),
    *(
        ("PASSWORD", f" {word} ", WhenNeeded(rf"(?i:\b(?:password|passwd|passphrase|token|secret|api[ _-]?key|pw)(?:[ \t]+(?:of|for|to|on|at)[ \t][^\n.;:]{{1,40}}?)?)[ \t]+{word}[ \t]+(?=\S{{0,200}}\d)(?=\S{{0,200}}[A-Za-z])(?P<bare>[^\s\"']{{8,200}})"))
        for word in ("is", "was")
    ),
    ("PASSWORD", " is ", WhenNeeded(rf"(?i:\bpass(?:word|phrase)(?:[ \t]+for[ \t]+(?:the[ \t]+)?user(?:name)?[ \t]+[\"'][^\"'\n]{{1,60}}[\"'])?[ \t]+is)[ \t]+{QUOTED}")),
    ("PASSWORD", "---", WhenNeeded(r"(?i:\bpass(?:word|phrase))[ \t]{1,40}-{3,20}>?[ \t]{1,40}(?P<bare>[^\s\"'-][^\s\"']{3,200})")),
    ("PASSWORD", "pwd::", WhenNeeded(r"\bpwd::(?P<bare>[^\s\"':]{4,200})")),
    ("SONAR_TOKEN", "onar", WhenNeeded(r"(?i:sonar[\w.:/-]{0,5}login)[\"' \t]{0,3}[=:,]?[\"' \t]{0,4}(?P<bare>[a-f0-9]{40})\b")),
    ("TERRAFORM_DEFAULT", "variable", WhenNeeded(rf"\bvariable[ \t]+\"(?i:{TELLING})\"[ \t]*\{{[^{{}}]{{0,400}}?\bdefault[ \t]*=[ \t]*{QUOTED}")),
    ("WLAN_KEY", "iwconfig", WhenNeeded(r"iwconfig[ \t]+\S{1,20}[ \t]+(?:key|enc)[ \t]+[\"']?(?:s:)(?P<bare>[^\s\"']{1,64})")),
    ("WLAN_KEY", "wpa_passphrase", WhenNeeded(rf"wpa_passphrase[ \t]+[\"']?{WORD}[\"']?[ \t]+{VALUE}")),
    ("WLAN_KEY", "-ng", WhenNeeded(rf"\bair[a-z]{{1,12}}-ng[ \t][^|;&\n]{{0,200}}?(?<=[ \t])\\?-[wp][ \t]+(?![-/])(?![\w.]{{1,60}}\.\w{{1,5}}\b){VALUE}")),
    ("PASSWORD", " password ", WhenNeeded(rf"\buser[ \t]+(?!and\b|or\b|name\b){WORD}[ \t]+password[ \t]+{VALUE}")),
    ("PASSWORD", "mkpasswd", WhenNeeded(rf"\bmkpasswd[ \t]+(?:(?:-m|-S|-R|--method|--salt|--rounds)[ \t=]{{1,2}}\S{{1,60}}[ \t]+|-\w+[ \t]+){{0,4}}(?!-){VALUE}")),
    ("PASSWORD", "openssl", WhenNeeded(rf"openssl[ \t]+passwd[ \t]+(?:-salt[ \t]+\S{{1,60}}[ \t]+|-(?!salt|in\b|stdin)\w+[ \t]+){{0,5}}(?!-){VALUE}")),
    ("VAULT_KEY", "unseal", WhenNeeded(rf"vault[ \t]+(?:operator[ \t]+)?unseal[ \t]+(?!-){VALUE}")),
    ("PASSWORD", "obscure", WhenNeeded(rf"rclone[ \t]+obscure[ \t]+(?!-){VALUE}")),
    ("NPM_TOKEN", ":_", WhenNeeded(rf":_(?:authToken|password|auth)[ =]{VALUE}")),
    ("PARAMETER", "SecureString", WhenNeeded(rf"put-parameter(?=[^|;&\n]{{0,600}}SecureString)[^|;&\n]{{0,400}}?--value[ =]{VALUE}")),
    ("ENCODED_SECRET", "64", WhenNeeded(r"(?:b64decode|base64_decode|decode_base64|[dD]ecode64)[ \t]{0,2}\(?[ \t]{0,2}[bru]{0,2}[\"'](?P<bare>[A-Za-z0-9+/_-]{8,400}={0,2})[\"']")),
    ("ENCODED_SECRET", "base64", WhenNeeded(r"Buffer\.from\([\"'](?P<bare>[A-Za-z0-9+/_-]{8,400}={0,2})[\"'],\s{0,2}[\"']base64")),
    ("PASSWORD", "case ", WhenNeeded(rf"\bcase[ \t]+[\"']?\$\{{?(?i:{TELLING})\}}?[\"']?[ \t]+in[ \t\n]{{1,40}}(?P<bare>[^\s\"'()|*?\[\]]{{1,200}})\)")),
    ("SETTING", "<<<", WhenNeeded(rf"\bread[ \t]+(?:-\w+[ \t]+){{0,3}}(?i:{TELLING})[ \t]{{0,4}}<<<[ \t]*{VALUE}")),
    ("SETTING", "set", WhenNeeded(rf"(?m)(?:^|[;&|({{][ \t]*|\bthen[ \t]+)[ \t]*(?:setenv|set[ \t]+-[gUx]+|set)[ \t]+(?i:{TELLING})[ \t]+(?!FOR\b|=|-){VALUE}")),
    ("SETTING", "value=", WhenNeeded(rf"(?:name|key|id)=[\"'](?i:{TELLING})[\"'][^<>\n]{{0,120}}?\bvalue=[\"'](?P<bare>[^\"'<>\n]{{1,400}})[\"']")),
    ("SETTING", "value=", WhenNeeded(rf"\bvalue=[\"'](?P<bare>[^\"'<>\n]{{1,400}})[\"'][^<>\n]{{0,120}}?\b(?:name|key|id)=[\"'](?i:{TELLING})[\"']")),
    ("SETTING", ":", WhenNeeded(rf"(?im)^[ \t-]*[\"']?{TELLING}[\"']?:[ \t]*[|>][+-]?\d?[ \t]*\r?\n[ \t]+(?P<bare>[^\s][^\r\n]{{0,400}})")),
    ("SETTING", "[", WhenNeeded(rf"(?i)(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key)s?[\"']?\s{{0,4}}[:=]\s{{0,4}}\[\s{{0,8}}{QUOTED}")),
)  # fmt: skip

# ${NAME:-value} and ${NAME:=value}
DEFAULT = re.compile(r"\$\{(?P<name>\w{1,60}):?[-=](?P<q>[\"']?)(?P<v>[^\s{}$\"'`]{2,300})(?P=q)\}")
# what stands in for a variable of the environment that is not set, in any language: `process.env.TOKEN || "x"`, `getenv("PW", "x")`
STANDS_IN = re.compile(
    r"(?:\bprocess\.env\.|\bprocess\.env\[[\"']|\b(?:getenv|environ\.get|ENV\.fetch|env|config)\([ ]?[\"']|(?:\$_ENV|\$_SERVER|\bENV|\benviron)[\[{][\"']?)"
    r"(?P<name>[A-Za-z][A-Za-z0-9_]{1,60})[\"']?[ ]?[\])}]{0,2}[ \t]{0,4}(?:\|\|=?|\?\?=?|//=?|\?:|\bor\b|,)[ \t]{0,4}" + QUOTED
)
ARRAY = re.compile(r"(?P<name>\b\w{1,60})=\((?P<items>[^()\n$`]{1,2000})\)")
ITEM = re.compile(r"(?:\[[^\]\n]{0,60}\]=)?" + VALUE)
LINE_LOOKBACK = 500
KEPT_PAIR = re.compile(r"(?:-u|--user|--proxy-user)[ =]{0,4}[\"']?\$\{?(?P<name>\w{1,60})")


def spans(text: str) -> Iterator[Span]:
    """Secrets after the phrases, in defaults of variables, in arrays, and in a variable that an option takes as user:password."""
    for name, needle, pattern in PHRASES:
        if needle in text:
            for match in pattern.finditer(text):
                group = "quoted" if match.groupdict().get("quoted") is not None else "bare"
                if _is_secret(match[group], quoted=group == "quoted"):
                    yield Span(*match.span(group), name, "phrase")
    for match in SAID.finditer(text) if " -" in text else ():
        line = text[max(text.rfind("\n", 0, match.start()) + 1, match.start() - LINE_LOOKBACK) : match.start()]
        if "#" not in line and not OTHER_P.search(line) and _is_secret(match["bare"], quoted=False):
            yield Span(*match.span("bare"), "PASSWORD", "option")
    if "${" in text:
        for match in DEFAULT.finditer(text):
            if name_class(match["name"]) == "secret" and _is_secret(match["v"], quoted=False):
                yield Span(*match.span("v"), spelled(match["name"]), "default")
    if "env" in text or "ENV" in text or "config(" in text:
        for match in STANDS_IN.finditer(text):
            kind = name_class(match["name"])
            if (kind == "secret" or (kind == "key" and looks_random(match["quoted"]))) and _is_secret(
                match["quoted"], quoted=True
            ):
                yield Span(*match.span("quoted"), spelled(match["name"]), "default")
    if "=(" in text:
        for match in ARRAY.finditer(text):
            if "secret" in {name_class(match["name"]), name_class(match["name"].rstrip("sS"))}:
                yield from _items(text, match)
    names = sorted({match["name"] for match in KEPT_PAIR.finditer(text)})[:20]
    for name in names:
        for match in re.finditer(rf"\b{name}=[\"']?[^\s:\"'$]{{1,100}}:(?P<v>[^\s\"'$]{{1,200}})", text):
            if _is_secret(match["v"], quoted=False):
                yield Span(*match.span("v"), "HTTP_PASSWORD", "setting")


def _items(text: str, array: re.Match[str]) -> Iterator[Span]:
    for item in ITEM.finditer(text, *array.span("items")):
        group = "quoted" if item["quoted"] is not None else "bare"
        if _is_secret(item[group], quoted=group == "quoted"):
            yield Span(*item.span(group), spelled(array["name"]), "setting")


def _is_secret(value: str, quoted: bool) -> bool:
    return bool(value.strip()) and is_placeholder_free(value) and not is_reference(value, quoted=quoted)
