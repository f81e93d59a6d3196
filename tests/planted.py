"""A server with secrets planted in it: each form below gets values of its own from a seeded generator.

A form is one line with {} where the secret stands. Values are made up anew for each form, in two styles: letters with
digits as people choose them, and letters alone. So a value that shows up anywhere in an output was missed under that form.
"""

import base64
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

SYLLABLES = "bel dor fim gan hul jor kem lun mor nis pav quil rost sem tul vand wex yor zam".split()

COMMANDS = r"""
mysql -uroot -p{} -e 'select 1' shop
mysqldump --password='{}' --all-databases > /backup/all.sql
mariadb-dump -u root -p{} shop > /backup/shop.sql
mysqladmin --user=root --password={} ping
mysqlsh --user=root --password={} --sql -e 'select 1'
mydumper -u root -p {} -o /backup
xtrabackup --backup --password={} --target-dir=/backup
mysqlcheck -Ao -uroot -p"{}"
MYSQL_PWD={} mysql shop
PGPASSWORD={} pg_dump shop > /backup/shop.sql
psql "postgresql://shop:{}@db01/shop" -c 'vacuum'
psql "host=db01 user=shop password={} dbname=shop" -c 'vacuum'
pg_dump --dbname=postgres://shop:{}@db01:5432/shop
redis-cli -a {} flushdb
redis-cli -u redis://:{}@cache01:6379 ping
REDISCLI_AUTH={} redis-cli ping
mongodump --uri=mongodb://shop:{}@db01/shop
mongosh -u admin -p {} --eval 'db.stats()'
mongoexport --username shop --password {} -d shop
influx -username admin -password {} -execute 'show databases'
influx backup /backup -t {}
clickhouse-client --password {} --query 'optimize table x'
cqlsh -u shop -p {} -e 'select 1'
sqlcmd -S db01 -U sa -P {} -Q 'exec nightly'
bcp shop.dbo.orders out /data/orders -U sa -P {}
sqlplus -s shop/{}@orcl @/srv/nightly.sql
expdp shop/{} directory=dump
curl -u bob:{} https://api.example.org/sync
curl --user "bob:{}" https://api.example.org/sync
curl -H "X-Vault-Token: {}" https://vault.example.org/v1/x
curl -H 'Authorization: Bearer {}' https://api.example.org/sync
curl -H "Authorization: Token token={}" https://api.example.org/sync
curl -d 'user=bob&password={}' https://api.example.org/login
curl --data-urlencode "token={}" https://api.example.org/login
curl -F api_key={} -F file=@/data/x https://api.example.org/up
curl -b 'sessiontoken={}' https://api.example.org/x
curl --oauth2-bearer {} https://api.example.org/x
curl -x http://bob:{}@proxy.example.org:3128 https://api.example.org/x
curl --proxy-user bob:{} https://api.example.org/x
curl -s 'https://example.org/cron.php?secret={}'
curl -s "https://api.example.org/v1/run?user=x&access_token={}"
curl --pass {} --cert /etc/ssl/c.pem https://api.example.org/x
wget --password={} -q https://example.org/x
wget --http-user=bob --http-password={} https://example.org/x
wget --ftp-user=bob --ftp-password={} ftp://ftp.example.org/x
wget --header='Authorization: Token {}' https://example.org/x
wget -q -O /dev/null "http://bob:{}@example.org/cron"
http -a bob:{} https://example.org/x
lftp -u bob,{} -e 'mirror; quit' ftp.example.org
lftp -e 'open -u bob,{} ftp.example.org; mirror; quit'
ncftpput -u bob -p {} ftp.example.org / /data/x
sshpass -p {} ssh bob@peer.example.org uptime
sshpass -p'{}' rsync -a /data bob@peer.example.org:/data
SSHPASS={} sshpass -e ssh bob@peer.example.org uptime
plink -batch -pw {} bob@peer.example.org uptime
pscp -pw {} /data/x bob@peer.example.org:/data
smbclient //files/share -U 'bob%{}' -c 'put /data/x x'
smbclient //files/share {} -U bob -c 'put /data/x x'
mount -t cifs //files/share /mnt -o username=bob,password={}
rpcclient -U 'bob%{}' files -c enumdomusers
ldapsearch -x -D cn=admin,dc=example -w {} -b dc=example
az login -u bob@example.org -p {}
az login --service-principal -u app --password {} --tenant t
az storage blob upload --account-name a --account-key {} -c c -f /data/x
docker login -u bob -p {} registry.example.org
docker run --rm -e DB_PASSWORD={} registry.example.org/report
podman login --password {} registry.example.org
aws configure set aws_secret_access_key {}
AWS_SECRET_ACCESS_KEY={} aws s3 sync /data s3://bucket
s3cmd --secret_key={} sync /data s3://bucket
rclone sync /data remote:data --sftp-pass {}
RCLONE_CONFIG_PASS={} rclone sync /data remote:data
RESTIC_PASSWORD={} restic backup /data
BORG_PASSPHRASE='{}' borg create ::x /data
PASSPHRASE={} duplicity /data file:///backup
FTP_PASSWORD={} duplicity /data ftp://bob@ftp.example.org/x
duplicity /data ftp://bob:{}@ftp.example.org/x
gpg --batch --passphrase {} -c /data/x
gpg --batch --passphrase '{}' -d /data/x.gpg > /data/x
openssl enc -aes-256-cbc -k {} -in /data/x -out /data/x.enc
openssl enc -aes-256-cbc -pass pass:{} -in /data/x -out /data/x.enc
openssl rsa -passin pass:{} -in /etc/ssl/k.pem
zip -r -P {} /backup/x.zip /data
7z a -p{} /backup/x.7z /data
rar a -hp{} /backup/x.rar /data
pdftk /data/a.pdf output /data/b.pdf user_pw {}
qpdf --password={} --decrypt /data/a.pdf /data/b.pdf
svn update --username bob --password {} --non-interactive /srv/app
git -C /srv/app pull https://bob:{}@git.example.org/app.git
git clone https://oauth2:{}@git.example.org/app.git /srv/copy
swaks --to ops@example.org --auth-user bob --auth-password {}
swaks --to ops@example.org -au bob -ap {}
sendemail -f a@example.org -t b@example.org -xu bob -xp {} -m hello
mailsend -to b@example.org -auth -user bob -pass {}
s-nail -S smtp-auth-password={} -s hello ops@example.org < /data/x
imapsync --host1 a --user1 b --password1 {} --host2 c --user2 d --passfile2 /etc/p2
ipmitool -H bmc -U admin -P {} power status
snmpwalk -v3 -u bob -A {} -l authNoPriv host01
vault login {}
vault write auth/userpass/login/bob password={}
VAULT_TOKEN={} vault read secret/x
terraform -chdir=/srv/tf apply -auto-approve -var 'db_password={}'
TF_VAR_db_password={} terraform -chdir=/srv/tf apply
helm upgrade shop /srv/chart --set db.password={}
kubectl --token={} get pods
kubectl create secret generic db --from-literal=password={}
ansible-playbook /srv/site.yml --extra-vars "ansible_password={}"
ansible-playbook /srv/site.yml -e '{{"db_password": "{}"}}'
twine upload -u bob -p {} /srv/dist/x.whl
npm publish --//registry.example.org/:_authToken={}
composer config -g http-basic.repo.example.org bob {}
wp --path=/srv/wp user update bob --user_pass={}
wp --path=/srv/wp config set DB_PASSWORD {}
drush user:password admin --password={}
drush sql-sync --db-url=mysql://shop:{}@db01/shop
php /srv/magento/bin/magento setup:install --admin-password={}
php /srv/app/artisan import --api-key={}
java -Ddb.password={} -jar /srv/app.jar
java -Djavax.net.ssl.trustStorePassword={} -jar /srv/app.jar
keytool -list -keystore /etc/k.jks -storepass {}
keytool -keypasswd -alias a -keypass {} -keystore /etc/k.jks
jarsigner -storepass {} /srv/app.jar a
xfreerdp /u:bob /p:{} /v:win01
nsupdate -y hmac-sha256:key.example.org:{} /srv/dns.txt
echo 'bob:{}' | chpasswd
echo {} | passwd --stdin bob
echo {} | sudo -S systemctl restart nginx
printf '%s\n' '{}' | sudo -S apt-get update
echo {} | openconnect --passwd-on-stdin vpn.example.org
echo -n {} | cryptsetup luksOpen /dev/sdb1 x -
echo {} | kinit bob@EXAMPLE.ORG
echo {} | docker login --username bob --password-stdin registry.example.org
echo {} | gh auth login --with-token
nmcli dev wifi connect home password {}
mosquitto_pub -h mq01 -u bob -P {} -t x -m y
rabbitmqadmin -u bob -p {} list queues
rabbitmqctl change_password bob {}
sentry-cli --auth-token {} releases list
megaput -u bob@example.org -p {} /data/x
b2 authorize-account keyid {}
swift -A https://auth.example.org -U bob -K {} upload c /data
openstack --os-password {} server list
ibmcloud login --apikey {}
doctl -t {} compute droplet list
doctl --access-token {} compute droplet list
mc alias set store https://store.example.org ACCESS {}
CF_Token={} /root/.acme.sh/acme.sh --cron
curl 'https://www.duckdns.org/update?domains=x&token={}'
curl 'https://dyndns.example.org/nic/update?hostname=x&password={}'
telegram-send --token {} hello
expect -c 'spawn ssh bob@peer; expect "assword:"; send "{}\r"; interact'
su - bob -c "mysql -uroot -p{} shop"
bash -c "export TOKEN='{}'; /srv/app/run"
ssh bob@peer.example.org "mysqldump -uroot -p'{}' shop" > /backup/x.sql
flock -n /run/x mysqldump -uroot -p{} shop | gzip > /backup/x.gz
nice -n 19 sh -c 'PGPASSWORD="{}" psql shop'
python3 /srv/app/load.py --password {} --verbose
python3 /srv/app/load.py --db-pass={}
ruby /srv/app/load.rb --secret-key {}
node /srv/app/load.js --token={}
/srv/app/backup.sh --client-secret "{}"
mysql --defaults-extra-file=<(printf '[client]\npassword={}\n') shop
mail -s report ops@example.org % user bob % password: {}
unrar x -p{} /data/x.rar
htpasswd -bc /etc/nginx/.htpasswd bob {}
winexe -U 'EXAMPLE/bob%{}' //win01 'ipconfig'
mountpoint -q /mnt || sshfs -o password_stdin bob@x:/ /mnt <<< '{}'
curl -X POST -H 'Content-Type: application/json' -d '{{"client_secret": "{}"}}' https://api.example.org/t
curl -X POST --json '{{"login": "bob", "pass": "{}"}}' https://api.example.org/t
""".strip().splitlines()  # fmt: skip

SHELL = r"""
DB_PASS='{}'
readonly ADMIN_PASSWORD="{}"
declare -r API_TOKEN={}
export SMTP_PASS={}
local_pw() {{ local pw='{}'; mysql -p"$pw"; }}
: "${{DB_PASSWORD:={}}}"
DB_PASSWORD="${{DB_PASSWORD:-{}}}"
PASSWORDS=('{}')
declare -A CONF=([user]=bob [password]='{}')
printf 'machine ftp.example.org login bob password {}\n' > ~/.netrc
echo "db01:5432:shop:bob:{}" > ~/.pgpass
cat > /root/.my.cnf <<EOF\n[client]\nuser=root\npassword={}\nEOF
cat > /tmp/x.json <<EOF\n{{"user": "bob", "password": "{}"}}\nEOF
cat > /tmp/x.yml <<EOF\ndb:\n  user: bob\n  password: {}\nEOF
cat > /tmp/x.ini <<'EOF'\n[smtp]\nuser = bob\nsecret = {}\nEOF
ftp -n ftp.example.org <<EOF\nuser bob {}\nput /data/x\nquit\nEOF
ftp -n ftp.example.org <<EOF\nquote USER bob\nquote PASS {}\nput /data/x\nEOF
sftp_password={}
# password: {}
# old: mysqldump -uroot -p{} shop
mysql shop <<SQL\nALTER USER 'bob'@'%' IDENTIFIED BY '{}';\nSQL
psql shop <<SQL\nALTER ROLE bob WITH PASSWORD '{}';\nSQL
if [ "$1" = "--token={}" ]; then true; fi
[ "$PASSWORD" = "{}" ] || exit 1
curl --netrc-file <(echo "machine x login bob password {}") https://x.example.org/
exec 3<<< "{}"; gpg --passphrase-fd 3 -d /data/x.gpg
AUTH="bob:{}"; curl -u "$AUTH" https://x.example.org/
CRED="{}"
DATABASE_URL=mysql://shop:{}@db01/shop
CONNECTION="Server=db01;Database=shop;User Id=sa;Password={};"
JDBC="jdbc:mysql://db01/shop?user=shop&password={}"
PW={} mysql-wrapper
set -- --user bob --password {}
export AWS_SECRET_ACCESS_KEY="{}"
""".strip().splitlines()  # fmt: skip

CODE = {
    "py": r"""
PASSWORD = "{}"
DB = {{"host": "db01", "password": "{}"}}
conn = pymysql.connect(host="db01", user="shop", password="{}", database="shop")
conn = pymysql.connect("db01", "shop", "{}", "shop")
conn = psycopg2.connect("host=db01 dbname=shop user=shop password={}")
engine = create_engine("mysql+pymysql://shop:{}@db01/shop")
requests.get("https://x.example.org/", auth=("bob", "{}"))
requests.get("https://x.example.org/", auth=HTTPBasicAuth("bob", "{}"))
requests.get("https://x.example.org/", headers={{"Authorization": "Bearer {}"}})
requests.post("https://x.example.org/", data={{"user": "bob", "pass": "{}"}})
os.environ["API_TOKEN"] = "{}"
os.environ.setdefault("DB_PASSWORD", "{}")
os.getenv("DB_PASSWORD", "{}")
client.connect("peer", username="bob", password="{}")
server.login("bob@example.org", "{}")
ftplib.FTP("ftp.example.org", "bob", "{}")
boto3.client("s3", aws_secret_access_key="{}")
redis.Redis(host="cache01", password="{}")
MongoClient("mongodb://shop:{}@db01/shop")
subprocess.run(["mysqldump", "-u", "root", "-p{}", "shop"])
subprocess.run(["mysqldump", "--password", "{}", "shop"])
os.system("mysqldump -uroot -p{} shop > /backup/x.sql")
parser.add_argument("--password", default="{}")
class Config: secret_key = "{}"
config.set("db", "password", "{}")
""",
    "php": r"""
<?php $password = '{}';
<?php define('DB_PASSWORD', '{}');
<?php $db = mysqli_connect('db01', 'shop', '{}', 'shop');
<?php $db = new mysqli("db01", "shop", "{}", "shop");
<?php $pdo = new PDO('mysql:host=db01;dbname=shop', 'shop', '{}');
<?php return ['host' => 'db01', 'password' => '{}'];
<?php $config['db']['password'] = '{}';
<?php $conf = array('user' => 'bob', 'pass' => "{}");
<?php ftp_login($c, 'bob', '{}');
<?php curl_setopt($c, CURLOPT_USERPWD, 'bob:{}');
<?php curl_setopt($c, CURLOPT_USERPWD, "bob:{}");
<?php putenv('API_TOKEN={}');
<?php $mail->Password = '{}';
<?php $transport->setPassword('{}');
<?php $this->dbPassword = "{}";
<?php const API_SECRET = '{}';
<?php ssh2_auth_password($c, 'bob', '{}');
<?php exec('mysqldump -uroot -p{} shop > /backup/x.sql');
<?php $x = new Client(['auth' => ['bob', '{}']]);
<?php mysql_connect('db01', 'shop', '{}');
""",
    "pl": r"""
my $password = '{}';
my $dbh = DBI->connect('dbi:mysql:shop', 'shop', '{}');
my %conf = (user => 'bob', password => '{}');
$ftp->login('bob', '{}');
$req->authorization_basic('bob', '{}');
my $dsn = "mysql://shop:{}@db01/shop";
system("mysqldump -uroot -p{} shop");
our $api_key = "{}";
$ENV{{PGPASSWORD}} = '{}';
""",
    "rb": r"""
PASSWORD = '{}'
db = Mysql2::Client.new(host: 'db01', username: 'shop', password: '{}')
ENV['API_TOKEN'] = '{}'
req.basic_auth 'bob', '{}'
req.basic_auth('bob', '{}')
Net::SSH.start('peer', 'bob', password: '{}')
PG.connect("host=db01 user=shop password={}")
""",
    "js": r"""
const password = '{}';
const db = mysql.createConnection({{host: 'db01', user: 'shop', password: '{}'}});
const mailer = nodemailer.createTransport({{auth: {{user: 'bob', pass: '{}'}}}});
process.env.API_TOKEN = '{}';
const pool = new Pool({{connectionString: 'postgres://shop:{}@db01/shop'}});
axios.get(url, {{headers: {{'X-Api-Key': '{}'}}}});
axios.get(url, {{auth: {{username: 'bob', password: `{}`}}}});
const apiSecret = "{}"
""",
}  # fmt: skip

SETTINGS = r"""
DB_PASSWORD={}
SMTP_PASS="{}"
API_TOKEN='{}'
SECRET_KEY_BASE={}
DATABASE_URL=postgres://shop:{}@db01/shop
REDIS_URL=redis://:{}@cache01:6379/0
MAILER_DSN=smtp://bob:{}@mail.example.org
AWS_SECRET_ACCESS_KEY={}
spring.datasource.password={}
STRIPE_SECRET={}
""".strip().splitlines()


class Planted(NamedTuple):
    """A secret: its value, the form in which it stands, and in which kind of place."""

    value: str
    form: str
    place: str


def published() -> list[tuple[str, str]]:
    """(secret, text) of each vector that another project publishes; tests/cases/redact/published.txt says which and whose."""
    lines = (Path(__file__).parent / "cases/redact/published.txt").read_text().splitlines()
    found = []
    for line in lines:
        text = line.replace("\u240a", "\n").replace("\u205e", "")
        if (match := re.search("«(.+)»", text)) and not line.startswith(("# Test vectors", "# feed")):
            found.append((match[1], text.replace("«", "").replace("»", "")))
    return found


def value(generator: random.Random, with_digits: bool) -> str:
    """A made-up password that no ordinary text holds."""
    words = [generator.choice(SYLLABLES) for _ in range(4)]
    if not with_digits:
        return "".join(words)
    return f"{words[0].title()}{generator.randint(10, 99)}-{words[1]}{words[2]}{generator.randint(1, 9)}{words[3].title()}"


A_COMMAND = re.compile(r"(?:curl|docker|git|echo|export|cmd\.exe|\$?\s*[A-Z_]+=)[^\n]*\Z")
WAYS = ("sourced file", "here-document", "base64", "stdin", "URL", "settings file")


def plant_published(
    write: Callable[[str, str], None], log: list[str], planted: list["Planted"], times: Sequence[str]
) -> list[str]:
    """Plant what others publish: commands in the crontab and its log, the rest each way in turn."""
    lines = []
    for number, (secret, text) in enumerate(published()):
        at = f"{times[number % len(times)]} root "
        if A_COMMAND.match(text) and len(text) < 900:
            way, command = "crontab", text.rstrip("\\ ")
        else:
            way, command = WAYS[number % len(WAYS)], f"/srv/published/{number}.sh"
            if way == "base64":
                command = f"echo {base64.b64encode(text.encode()).decode()} | base64 -d > /srv/published/{number}.conf"
            elif way == "URL":
                command = f"curl -fsS 'https://api.example.org/{number}?user=bob&password={quote(secret, safe='')}'"
            elif way == "stdin" and "\n" not in text:
                command = f"/srv/published/load {number}%{text.replace('%', chr(92) + '%')}"
            elif way == "settings file":
                command = f". /srv/published/{number}.env && /srv/published/run"
                write(f"/srv/published/{number}.env", text + "\n")
            elif way == "sourced file":
                write(f"/srv/published/{number}.sh", f"#!/bin/sh\n. /srv/published/{number}.inc\nrun\n")
                write(f"/srv/published/{number}.inc", text + "\n")
            else:
                write(f"/srv/published/{number}.sh", f"#!/bin/sh\ncat > /tmp/x <<'EOF'\n{text}\nEOF\nload /tmp/x\n")
        planted.append(Planted(secret, text, f"published: {way}"))
        lines.append(at + (command if way == "stdin" else command.replace("%", chr(92) + "%")))
        moment = f"Nov  {3 + number % 4} {number // 60 % 24:02}:{number % 60:02}"
        logged = command.partition("%")[0] if way == "stdin" else command
        for second, word in ((1, "CMD"), (5, "END")):
            log.append(f"{moment}:{second:02} web01 CRON[{20000 + number}]: (root) {word} ({logged})")
    return lines


def plant_places(write: Callable[..., None], log: list[str], filled: Callable[[str], str]) -> None:
    """Plant where nobody looks for one: in lines that are no jobs, in remarks, names, units, lists of arguments."""
    write(
        "/etc/cron.d/odd",
        "\n".join(
            [
                filled('API_TOKEN = "{}"'),
                filled("99 * * * * root mysqldump -uroot -p{} shop"),  # no such minute
                filled("* * * * root curl -u bob:{} https://api.example.org/"),  # a field is missing
                filled("#5 4 * * * root curl -u bob:{} https://api.example.org/"),
                filled("# the password of the old server is {}"),
                filled("7 4 * * * root /srv/odd/sync.sh --password={} > /srv/odd/out 2>&1"),
                filled("8 4 * * * root cd /srv/odd && curl -fsS 'https://api.example.org/?token={}' -o /srv/odd/list.json"),
                filled("9 4 * * * root cat > /srv/odd/conf\\%%\\%%%password={}%user=bob").replace("\\%%\\%%", ""),
                filled("no line of a crontab: password={}"),
                filled("10 4 * * * root /srv/odd/run --auth bob:{}"),
            ]
        ),
        0o644,
    )  # and no newline at its end
    write(
        "/srv/odd/sync.sh",
        filled('#!/bin/sh\n# --password={}\nset -- "$@"\n') + filled("curl -u bob:{} https://x.example.org/\r\n"),
    )
    write("/srv/odd/run", filled("#!/opt/odd/interpreter\npassword = {}\n"))
    write(
        "/etc/systemd/system/odd.timer",
        "[Timer]\nOnCalendar=03:00\n" + filled("[Unit]\nDescription=backup, its password is {}\n"),
        0o644,
    )
    write(
        "/etc/systemd/system/odd.service",
        "[Unit]\n" + filled("Description=runs curl -u bob:{} https://api.example.org/\n") + "[Service]\n"
        + filled('Environment="A=1" "DB_PASSWORD={}"\n') + filled("SetCredential=db_password:{}\n")
        + filled("ExecStartPre=/usr/bin/mysqladmin \\\n  -p{} \\\n  ping\n")
        + filled("ExecStart=/usr/bin/mysqldump \\\n  -p{} shop\n"),
        0o644,
    )  # fmt: skip
    write("/etc/systemd/system/odd.service.d/more.conf", "[Service]\n" + filled("Environment=API_TOKEN={}\n"), 0o644)
    write(
        "/etc/anacrontab", filled("PGPASSWORD={}\n") + filled("1\t5\todd.daily\tcurl -u bob:{} https://api.example.org/\n"), 0o644
    )
    write(
        "/var/spool/cron/atjobs/a00001019a0000",
        "#!/bin/sh\n# atrun uid=0 gid=0\n# mail root 0\n" + filled("PGPASSWORD={}; export PGPASSWORD\n") + filled("curl -u bob:{} https://api.example.org/\n"),
        0o700,
    )  # fmt: skip
    write(
        "/Library/LaunchDaemons/org.example.odd.plist",
        '<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict>\n<key>Label</key><string>org.example.odd</string>\n'
        "<key>EnvironmentVariables</key><dict>" + filled("<key>DB_PASSWORD</key>\n<string>{}</string>") + "</dict>\n"
        "<key>ProgramArguments</key><array><string>/usr/bin/mysqldump</string>" + filled("<string>-p{}</string>")
        + "<string>--token</string>" + filled("<string>{}</string>").replace("<string>", "<string>", 1) + "</array>\n"
        "<key>StartCalendarInterval</key><dict><key>Hour</key><integer>4</integer></dict>\n</dict></plist>\n",
        0o644,
    )  # fmt: skip
    write(
        "/etc/kubernetes/odd-cronjob.yaml",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: odd\nspec:\n  schedule: '3 4 * * *'\n  jobTemplate:\n    spec:\n"
        "      template:\n        spec:\n          containers:\n          - name: c\n            image: busybox\n"
        '            command: ["/bin/run"]\n            args:\n            - --password\n' + filled("            - {}\n")
        + "            env:\n            - name: DB_PASSWORD\n" + filled("              value: {}\n"),
        0o644,
    )  # fmt: skip
    for second, word in ((1, "CMD"), (9, "END")):  # of a job that is in no crontab any more
        log.append(
            filled(f"Nov  5 05:05:{second:02} web01 CRON[777]: (root) {word} (curl -u bob:{{}} https://gone.example.org/)")
        )


def plant(root: Path, seed: int = 7) -> list[Planted]:
    """Write the server's tree to `root`; say what was planted in it."""
    generator = random.Random(seed)
    planted: list[Planted] = []
    seen: set[str] = set()

    def filled(form: str, place: str) -> str:
        secret = value(generator, len(planted) % 3 != 0)
        while secret in seen:
            secret = value(generator, True)
        seen.add(secret)
        planted.append(Planted(secret, form, place))
        return form.format(secret)

    def write(path: str, text: str, mode: int = 0o755) -> None:
        file = root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    times = [f"{number % 60} {number // 60 % 24} * * *" for number in range(2000)]
    lines, log = ["MAILTO=ops@example.org"], []
    for number, form in enumerate(COMMANDS):
        command = filled(form, "crontab")
        lines.append(f"{times[number]} root {command if form.startswith('mail ') else command.replace('%', chr(92) + '%')}")
        for day in range(3, 7):
            for second, word in ((1, "CMD"), (9, "END")):
                moment = f"Nov  {day} {number // 60:02}:{number % 60:02}:{second:02}"
                log.append(f"{moment} web01 CRON[{1000 * day + number}]: (root) {word} ({command})")
    for number, form in enumerate(SHELL):
        lines.append(f"{times[number + 300]} root /srv/shell/{number}.sh")
        body = filled(form, "shell script")
        write(f"/srv/shell/{number}.sh", f"#!/bin/bash\n{body.replace(chr(92) + 'n', chr(10)) if '<<' in form else body}\n")
    programs = {"py": "python3", "php": "php", "pl": "perl", "rb": "ruby", "js": "node"}
    for suffix, forms in CODE.items():
        for number, form in enumerate(forms.strip().splitlines()):
            path = f"/srv/{suffix}/{number}.{suffix}"
            lines.append(f"{times[len(lines) + 500]} root {programs[suffix]} {path}")
            write(path, filled(form, suffix) + "\n")
    for number, form in enumerate(SETTINGS):
        lines.append(f"{times[number + 900]} root . /srv/env/{number}.env && /srv/shell/0.sh {number}")
        write(f"/srv/env/{number}.env", filled(form, "sourced file") + "\n")
        if "." not in form.split("=")[0]:
            lines.append(filled(form, "crontab setting"))
    lines += plant_published(write, log, planted, times)
    plant_places(write, log, lambda form: filled(form, "place"))
    unit = "".join(f'Environment="{filled(form, "unit").replace(chr(34), "")}"\n' for form in SETTINGS[:3])
    write("/etc/systemd/system/plant.timer", "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n", 0o644)
    exec_start = filled("/usr/bin/mysqldump -uroot -p{} shop", "unit")
    write(
        "/etc/systemd/system/plant.service", f"[Service]\n{unit}EnvironmentFile=/etc/plant.env\nExecStart={exec_start}\n", 0o644
    )
    write("/etc/plant.env", "".join(filled(form, "environment file") + "\n" for form in SETTINGS), 0o600)
    write("/etc/cron.d/plant", "\n".join(lines) + "\n", 0o644)
    write("/var/log/syslog", "\n".join(sorted(log)) + "\n", 0o644)
    write("/etc/hostname", "web01\n", 0o644)
    write("/etc/timezone", "UTC\n", 0o644)
    write("/etc/os-release", 'ID=debian\nVERSION_ID="12"\n', 0o644)
    return planted
