"""Secrets leave as names: what is replaced, what is left alone, and the laws of the replacement."""

import base64
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import planted
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import published

from migrator.model.source import Location
from migrator.redact import PLACEHOLDER, assignments, commands, escape_bytes, redact, redact_fed, redact_setting, shapes

FORMS = [
    line.replace("\u240a", "\n")
    for line in (Path(__file__).parent / "cases/redact/attacked.txt").read_text().splitlines()
    if not line.startswith("#")
]
UUID = "5f0c3c9e-1b7a-4c0e-9d55-0a1b2c3d4e5f"
V = "Hk7-winter-Tanne"

# A line with {} where the secret stands: the value is put in, and has to be gone.
SECRET_LINES = [
    "sqitch deploy db:oracle://scott:{}@/flipr_dev",
    "airdecap-ng -e essid -p {} tkip.cap",
    'if [ "$PASSWORD" != "{}" ]; then exit 1; fi',
    "die unless $password eq '{}';",
    "if user != b'user' and request.password != b'{}':",
    "mysqldump -u shop -p{} shop | gzip > /b.gz",
    "mysqldump --password={} shop",
    "mysql -uroot -p'{}' -e 'select 1'",
    "time nice mysql -u a -p{} b",
    "PGPASSWORD={} pg_dump shop",
    "export DB_PASSWORD='{}'",
    "MYSQL_PWD={} mysqladmin status",
    "curl -u bob:{} https://api.example.org/",
    "curl --user 'bob:{}' https://api.example.org/",
    "curl -H 'Authorization: Bearer {}' https://api.example.org/",
    'curl -H "X-Api-Key: {}" https://api.example.org/',
    "curl -H 'PRIVATE-TOKEN: {}' https://git.example.org/",
    'curl -d \'{{"password": "{}"}}\' https://api.example.org/login',
    'curl -d "{{\\"token\\": \\"{}\\"}}" https://api.example.org/login',
    "curl 'https://example.org/cron.php?cron_key={}'",
    "wget -qO- https://bob:{}@example.org/feed",
    "sshpass -p {} ssh backup@example.org",
    "sshpass -p'{}' scp a b:",
    "echo {} | sudo -S apt-get update",
    "sudo -S id <<< '{}'",
    "echo 'root:{}' | chpasswd",
    "redis-cli -a {} ping",
    "mongodump -u admin -p {} --out /b",
    "zip -P {} out.zip in",
    "7z a -p{} out.7z in",
    "openssl enc -aes-256-cbc -k {} -in a -out b",
    "openssl rsa -passin pass:{} -in k",
    "ldapsearch -x -D cn=admin -w {}",
    "smbclient //files/x -U 'bob%{}' -c ls",
    "lftp -u bob,{} ftp.example.org",
    "mount -t cifs //f/x /m -o username=bob,password={}",
    "svn update --username bob --password {} --non-interactive",
    "./deploy --api-key {} --env prod",
    "docker login -u bob -p {} registry.example.org",
    "htpasswd -b /etc/nginx/.htpasswd bob {}",
    "password = {}",
    "password: {}",
    "  'password' => '{}',",
    "define('DB_PASSWORD', '{}');",
    "$db = new mysqli('db01', 'shop', '{}', 'shop');",
    "$pdo = new PDO('mysql:host=db01', 'shop', '{}');",
    "smtp.login('a@example.org', '{}')",
    'API_SECRET = "{}"',
    "machine example.org login bob password {}",
    "db01:5432:shop:bob:{}",
    "<password>{}</password>",
    "aws_secret_access_key = {}",
    "ALTER USER bob IDENTIFIED BY '{}';",
    "RSYNC_PASSWORD={} rsync -a bob@x::y /z",
]

TOKENS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "gh" + "p_16C7e42F292c6912E7710c838347Ae178B4a",
    "gl" + "pat-ABCDEFGHIJKLMNOPQRST",
    "xo" + "xb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
    "sk_" + "live_4eC39HqLyjWDarjtT1zdp7dc",
    "SG." + "ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr",
    "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "np" + "m_abcdefghijklmnopqrstuvwxyz0123456789",
    "AIza" + "SyA-1234567890abcdefghijklmnopqrstu",
    "$6$" + "rounds=5000$usesomesillystri$KqJWpanXZHKq2BOB43TSaYhEWsQ1Lr5QNyPCDH/Tp.6",
]
ADDRESSES = [
    f"https://hc-ping.com/{UUID}",
    f"https://health.example.org/ping/{UUID}/fail",
    "https://cronitor.link/p/0123456789abcdef/backup",
    "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "https://nosnch.in/c2354d53d2",
    "https://api.telegram.org/bot123456789:AAabcdefghijklmnopqrstuvwxyz012345678/sendMessage",
]

HARMLESS = [
    "next if $password eq '*';",
    '{"token": token, "a": 1}',
    "keys[name] = {'algorithm': algorithm, 'secret': secret}",
    '{"password": self.password}',
    "virsh secret-get-value --secret ${LIBVIRT_UUID}",
    'if token != "EOF": return',
    "if ($pass ne '') { exit }",
    'GetOptions("password=s" => \\$given, "pass=s" => \\$other)',
    "# to configure, hard-code the user and password below, either here",
    "# Use the --rawpassword option to disable this",
    "cryptmount --change-password LUKS",
    'p11tool --login "pkcs11:model=PKCS15;token=mycard"',
    """opt="--password='`echo $x | sed -e s/a/b/`'\"""",
    "in ('mysql_native_password', 'mysql_old_password')",
    "grep -w password /etc/x",
    "tool -p passthrough",
    "tool -p compass",
    "git log -p passwords",
    "ssh -p 22 backup@example.org",
    "mkdir -p /var/lib/app",
    "find /var/lib/mysql -print",
    "mysql -u root -p shop",
    "mysql -h db -P3306 -u me",
    'mysql -u me -p"$DB_PASSWORD" shop',
    "mysql -u me -p$PASS shop",
    "mysql -uroot -p\"$(cat /root/.pw)\" x",
    "rsync --password-file=/etc/rsync.pw a b::c",
    "PASSWORD_FILE=/run/secrets/db",
    "PASSWORD=",
    'PASSWORD=""',
    "PASSWORD=${PASSWORD:-}",
    "export DB_PASSWORD=\"${DB_PASSWORD}\"",
    "API_KEY=/etc/ssl/private/api.key",
    "ssh -i /root/.ssh/id_backup user@example.org",
    "curl -u $USER:$PASS https://example.org/",
    "curl -H \"Authorization: Bearer $TOKEN\" https://example.org/",
    "https://$USER:$PASS@example.org/",
    'read -s -p "Password: " PW',
    "echo 'Enter password: '",
    "'password' => env('DB_PASSWORD'),",
    "'password' => getenv('DB_PASSWORD'),",
    "password: null",
    "password: ********",
    "root:x:0:0:root:/root:/bin/bash",
    "MAILTO=ops@example.org",
    "PWD=/srv/app; cd $PWD",
    "sort -k 2 --key=3",
    "PRIMARY_KEY=id",
    "openssl rsa -passin env:KEYPASS -in k",
    "sshpass -e ssh example.org",
    "sshpass -f /root/.pw ssh example.org",
    "0 3 * * * root certbot renew --quiet",
    "git clone git@github.com:example/shop.git",
    "compass compile; bypass=1",
    "secret: !vault |",
    "token=@/etc/token",
    "cat users | chpasswd",
    "options: [a, b]",
    "snmpget -v2c -c public host 1.3",
    "printf '%s\\n' \"$PASS\" | passwd bob",
    "echo $PASS | sudo -S id",
    "read PASSWORD < /run/secrets/x",
    "echo done | mail -s x root",
    "case $TOKEN in *) true;; esac",
    "set token",
    "sudo -u bob -p prompt: id",
    "nice -n 5 tool -u bob -p 5432",
    "curl -x http://proxy:3128 https://example.org/",
    "useradd without -p has left",
    # a name of a secret in a store, and who stands before a host without being a token
    "gcloud secrets versions access latest --secret db-password",
    "gcloud secrets versions access latest --secret=db-password > /run/pw",
    "gcloud run jobs update x --set-secrets=DB=db-password:latest",
    "docker service create --secret db-password --name x img",
    "podman run --secret=db-password,type=env img",
    "https://user@host/x",
    "git clone https://git@github.com/shop/app",
    "git clone https://bob@github.com/bob/app.git",
    "git clone https://shop-org@dev.azure.com/shop-org/app/_git/app",
    "git clone ssh://deployment-key-user@gitlab.example.org/shop/app",
    # what gitleaks and noseyparker publish as no secrets
    'curl -sL --user "$1:$2" "$3" > "$4"',
    'curl -u "${_username}:${_password}"',
    'curl -u "${username}":"${password}"',
    'curl -k -X POST -I -u "SRVC_JENKINS:${APPID}"',
    'curl -u ":" https://localhost:9200',
    'curl -u "myusername" http://localhost:15130/api/check_user/',
    'curl -X POST --user "$(cat ./login.txt):$(cat ./password.txt)"',
    "curl --silent --insecure --user ${f5user}:${f5pass} \\",
    'curl -X GET -H "apikey: $API_KEY" -H "Accept: $FORMAT"',
    'curl -H "Authorization: Bearer $(gcloud auth print-access-token)" https://workflowexecutions.googleapis.com/v1/x',
    "PASSWORD=$($(dirname $0)/../bin/get-django-setting LOCAL_DATABASE_PASSWORD)",
    'export PGPASSWORD="$gdcapi_db_password"',
    "AccountName=X;AccountKey=<YOUR_ACCOUNT_KEY>;",
]  # fmt: skip


@pytest.mark.parametrize("line", SECRET_LINES)
def test_the_value_is_gone_and_the_rest_stays(line: str) -> None:
    text = line.format(V)
    result = redact(text)
    assert V not in result.text
    assert len(result.secrets) == 1
    assert PLACEHOLDER.sub(V, result.text) == text  # putting it back gives the line byte for byte


def test_a_word_that_says_itself_that_it_is_a_password_is_one() -> None:
    """Of programs that nobody here knows; what the manuals of Debian's packages show (ucarp, trocla, ldap2dns)."""
    given = ["ucarp -i eth0 -p secret -a 10.1.1.252", "trocla set user5 mysql -p mysuperpassword1", "x [ -w passwd ] -b base"]
    assert [redact(line).text for line in given] == [
        "ucarp -i eth0 -p @secret:PASSWORD@ -a 10.1.1.252",
        "trocla set user5 mysql -p @secret:PASSWORD@",
        "x [ -w @secret:PASSWORD@ ] -b base",
    ]


@pytest.mark.parametrize("token", TOKENS)
def test_a_token_is_known_by_its_shape(token: str) -> None:
    assert token not in redact(f"deploy {token} now").text


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_a_key_loses_its_key(address: str) -> None:
    result = redact(f"curl -fsS {address}")
    assert len(result.secrets) == 1
    assert result.text.startswith("curl -fsS https://")


@pytest.mark.parametrize("line", HARMLESS)
def test_look_alikes_are_left_alone(line: str) -> None:
    assert redact(line).text == line


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("secret", [V, "belfimrostvand"])
def test_no_form_of_the_attack_lets_a_secret_through(secret: str, line_end: str) -> None:
    encoded, in_url = base64.b64encode(f"bob:{secret}".encode()).decode(), quote(f"{secret}/+@", safe="")
    left = []
    for form in FORMS:
        braces = form.replace("{b64}", encoded).replace("{url}", in_url).replace("{{", "\1").replace("}}", "\2")
        text = braces.replace("{}", secret).replace("\1", "{").replace("\2", "}").replace("\n", line_end) + line_end
        result = redact(text, Location(host="h", path="/etc/cron.d/x", line=1)).text
        left += [form for value in (secret, encoded.rstrip("="), in_url) if value in result]
    assert len(FORMS) > 300
    assert left == []


def test_no_vector_that_others_publish_comes_through() -> None:
    vectors = published()
    assert len(vectors) > 200
    for line_end in ("\n", "\r\n"):
        left = [
            form
            for value, form in vectors
            if value in redact(form.replace("\n", line_end), Location(host="h", path="/srv/x.sh", line=1)).text
        ]
        assert left == []


def test_no_way_of_writing_one_down_lets_a_secret_through() -> None:
    """ways.txt: in pieces, over lines, put together, fed, in lists of arguments; what nothing announces stands last."""
    lines = (Path(__file__).parent / "cases/redact/ways.txt").read_text().replace("\u240a", "\0").splitlines()
    end = next(at for at, line in enumerate(lines) if line.startswith("# nothing"))
    leaked, whole = [], []
    for at, line in enumerate(lines):
        if line.startswith("#"):
            continue
        name, _, text = line.replace("\0", "\n").partition("|")
        secrets = re.findall("«(.+?)»", text)
        plain = text.replace("«", "").replace("»", "")
        found = redact(plain, Location(host="h", path=f"/opt/{name}", line=1))
        if any(secret in found.text for secret in secrets) and at < end:
            leaked.append(text)
        if not any(secret in found.text for secret in secrets) and at > end:
            whole.append(text)
    assert len(lines) > 250
    assert leaked == []
    assert whole == []  # known by now: it belongs further up


def test_whoever_stands_alone_before_a_host_of_code_is_a_token() -> None:
    for token in ("belfimrostvandkem", "Hk7winterTanne", "a" * 40):
        for host in ("github.com", "gitlab.com", "gitlab.example.org:8443", "bitbucket.org", "ssh.dev.azure.com"):
            assert token not in redact(f"git pull https://{token}@{host}/shop/app.git").text
    assert "q" * 32 not in redact(f"curl https://{'q' * 32}@reports.example.org/x").text


def test_what_a_crontab_feeds_its_command_begins_a_line() -> None:
    assert "Tanne" not in redact("ftp -n ftp.example.org\0user bob Hk7-winter-Tanne\nput /data/x\n").text


def test_a_private_key_loses_its_body() -> None:
    body = "\n".join(["MIIEpAIBAAKCAQEA7yn3bRHQ5FHMQ"] * 5)
    text = f"cat > k <<EOF\n-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\nEOF\n"
    result = redact(text)
    assert "MIIEpAIB" not in result.text
    assert "-----BEGIN RSA PRIVATE KEY-----\n@secret:RSA_PRIVATE_KEY@\n-----END" in result.text


def test_the_same_value_has_one_name_and_two_values_have_two() -> None:
    result = redact("PASSWORD=abc1 x; PASSWORD=abc1 y; PASSWORD=abc2 z")
    assert result.text == "PASSWORD=@secret:PASSWORD@ x; PASSWORD=@secret:PASSWORD@ y; PASSWORD=@secret:PASSWORD_2@ z"


def test_a_value_that_is_known_is_found_again_where_nothing_announces_it() -> None:
    assert redact("PW=hunter2hunter2; echo hunter2hunter2 > /dev/null").text.count("@secret:PW@") == 2


def test_a_taken_name_is_not_given_again() -> None:
    assert redact("mysql -px1y2 a", None, frozenset({"MYSQL_PASSWORD"})).text == "mysql -p@secret:MYSQL_PASSWORD_2@ a"


def test_a_secret_knows_its_line() -> None:
    place = Location(host="web01", path="/etc/cron.d/x", line=10)
    assert redact("A=1\nB=2\nPASSWORD=x9x\n", place).secrets[0].location == Location(host="web01", path="/etc/cron.d/x", line=12)


def test_bare_words_of_a_program_are_variables() -> None:
    place = Location(host="h", path="/a.py", line=1)
    text = 'connect(password=password)\nPASSWORD = "x9x"\n'
    assert redact(text, place).text == 'connect(password=password)\nPASSWORD = "@secret:PASSWORD@"\n'


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("DB_PASS", "x y z", "@secret:DB_PASS@"),
        ("SMTP_TOKEN", "t", "@secret:SMTP_TOKEN@"),
        ("SECRET_KEY_BASE", "0123456789abcdef0123", "@secret:SECRET_KEY_BASE@"),
        ("APP_KEY", "base64:2fl+Ktvkfl+Fuz4Qp/A75G2RTiWVA/ZoKZvp6fiiM10=", "@secret:APP_KEY@"),
        ("MAILTO", "ops@example.org", "ops@example.org"),
        ("PATH", "/usr/bin:/bin", "/usr/bin:/bin"),
        ("SSH_KEY", "/root/.ssh/id_rsa", "/root/.ssh/id_rsa"),
        ("PASSWORD", "$OTHER", "$OTHER"),
        ("URL", "https://bob:pw@example.org/", "https://bob:@secret:HTTPS_PASSWORD@@example.org/"),
    ],
)
def test_the_name_of_a_setting_decides(name: str, value: str, wanted: str) -> None:
    assert redact_setting(name, value).text == wanted


def test_bytes_that_are_not_utf_8_are_escaped() -> None:
    assert escape_bytes(b"caf\xe9 \x00") == ("caf\\xe9 \x00", True)
    assert escape_bytes("schön".encode()) == ("schön", False)


PIECES = st.sampled_from(
    [
        "password=",
        "PASSWORD: ",
        "-p",
        "mysql ",
        "curl -u a:",
        "://",
        "@",
        '"',
        "'",
        "\\",
        " ",
        "\n",
        "token",
        "key=",
        "$X",
        "abc9",
        "@secret:A@",
        "@secret:",
        "echo ",
        "| sudo -S",
        "Bearer ",
        "?token=",
        "&",
        "=>",
        ",",
        "<",
        ">",
        "ß",
        "\x00",
        "x" * 20,
        "{",
        "}",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_twice_is_once(text: str) -> None:
    once = redact(text)
    assert redact(once.text).text == once.text
    assert len(once.text) <= len(text) * 60 + 60
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", secret.name) for secret in once.secrets)


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet="abcXYZ0189+/%.,-_!", min_size=6, max_size=30).filter(lambda v: v[0] not in "-/.%,!+" and len(set(v)) > 2)
)
def test_any_value_after_a_password_option_is_gone(value: str) -> None:
    result = redact(f"mysqldump -u shop '-p{value}' shop --password='{value}'")
    assert f"='{value}'" not in result.text


@pytest.mark.parametrize(
    "seed", ["password=", "mysql -pa1 ", "?key=", "://a:", "-----BEGIN PRIVATE KEY-----\n", "eyJaaaaaaaa.", "aA1", "\\", "'"]
)
def test_a_line_of_a_megabyte_of_anything_ends(seed: str) -> None:
    text = (seed * (200_000 // len(seed) + 1))[:200_000]
    result = redact(text)
    assert redact(result.text).text == result.text


# A megabyte takes about a second; what grows faster than its input would take minutes.
MEGABYTE = """
import resource
from migrator.redact import redact
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))  # of the processor, not of the clock: the machine may be busy
text = ({seed!r} * 1_000_000)[:1_000_000]
assert redact(text).text
"""


@pytest.mark.parametrize("seed", ["?key=", "password=$a"])
def test_a_line_of_a_megabyte_does_not_take_minutes(seed: str) -> None:
    subprocess.run([sys.executable, "-c", MEGABYTE.format(seed=seed)], check=True)


def test_a_tag_that_is_never_closed_ends_with_its_line() -> None:
    # the fuzzer found that this never ended
    assert redact("echo '<password>Hk7-winter-Tanne\nls /srv").text == "echo '<password>@secret:PASSWORD@\nls /srv"
    assert "Tanne" not in redact("<key>Hk7-winter-Tanne-93x").text


def test_a_pattern_that_is_not_tried_would_have_found_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has to stand in a text before a pattern is tried, against trying each on each: published and planted forms, as they
    are, and in the other case with a letter that is not ASCII's."""
    folder = Path(__file__).parent / "cases/redact"
    forms = [line for name in ("attacked", "published") for line in (folder / f"{name}.txt").read_text().splitlines()]
    forms += [line.replace("{}", "q7Rz81Lm0pX2") for line in f"{planted.COMMANDS}\n{planted.SHELL}".splitlines()]
    texts = [text for form in forms for text in (form, form.swapcase(), f"{form.swapcase()} é")]
    found = [redact(text) for text in texts]
    assert sum(len(one.secrets) for one in found) > 500
    for module in (assignments, commands, shapes):
        monkeypatch.setattr(module, "may_hold", lambda *_: True)
    assert [redact(text) for text in texts] == found


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("mysqldump -u root -pTan%ne4711 shop > /srv/x", "mysqldump -u root -p@secret:MYSQL_PASSWORD@"),
        ("smbclient //nas/x -U bob%Tannne4711 -c 'put /srv/x'", "smbclient //nas/x -U bob"),
        ("curl -u bob:Tan%ne4711 https://x.example", "curl -u bob:@secret:HTTP_PASSWORD@"),
        ("mail -s $(date +%F) ops", "mail -s $(date +"),
    ],
)
def test_a_password_that_cron_cuts_at_a_percent_sign_leaves_neither_half(line: str, command: str) -> None:
    before, _, fed = line.partition("%")
    redacted, left, secrets = redact_fed(before, f"{fed}\n")
    assert redacted == command
    assert "4711" not in left
    assert set(re.findall(r"@secret:(\w+)@", redacted + left)) == {secret.name for secret in secrets}


def test_a_comment_that_says_what_a_password_is_says_it_no_more() -> None:
    for said in ("old token was hunter2-Feed-99, see wiki", "Password is Tanne4711x", "api key was 99ab-Zz81-77"):
        assert "@secret:" in redact(f"# feed; {said}").text, said
    for plain in (
        "the token is valid for 3600 s",
        "password is rotated",
        "secret was moved to /etc/shop/2026",
        "the pw is in 1Password",
    ):
        assert redact(plain).text == plain
