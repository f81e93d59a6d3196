"""What functions of Python's libraries do: dotted name -> effect (effects.py)."""

# ruff: noqa: E501 - tables: one entry a line reads better than a folded one

FUNCTIONS: dict[str, str] = {
    "open": "open", "io.open": "open", "codecs.open": "open", "gzip.open": "open", "bz2.open": "open", "lzma.open": "open",
    "zipfile.ZipFile": "open", "tarfile.open": "open", "os.open": "read", "file": "open", "aiofiles.open": "open",
    "os.remove": "delete", "os.unlink": "delete", "os.rmdir": "delete", "os.removedirs": "delete", "shutil.rmtree": "delete",
    "os.listdir": "list", "os.scandir": "list", "os.walk": "list", "glob.glob": "list", "glob.iglob": "list", "os.fwalk": "list",
    "os.rename": "move", "os.replace": "move", "shutil.move": "move", "shutil.copy": "copy", "shutil.copy2": "copy",
    "shutil.copyfile": "copy", "shutil.copytree": "copy", "os.link": "copy", "os.symlink": "copy",
    "os.makedirs": "folder", "os.mkdir": "folder", "os.utime": "write", "os.path.getmtime": "read", "os.stat": "read",
    "os.path.getsize": "read", "shutil.make_archive": "write", "shutil.unpack_archive": "read",
    "shelve.open": "update", "dbm.open": "update", "pickledb.load": "update", "joblib.dump": "write:1", "joblib.load": "read",
    "pandas.read_csv": "read", "pandas.read_excel": "read", "pandas.read_parquet": "read", "pandas.read_json": "read",
    "pandas.read_pickle": "read", "pandas.read_table": "read", "pandas.read_feather": "read", "pandas.ExcelWriter": "write",
    "polars.read_csv": "read", "polars.read_parquet": "read", "polars.scan_csv": "read", "polars.scan_parquet": "read",
    "numpy.load": "read", "numpy.loadtxt": "read", "numpy.genfromtxt": "read", "numpy.save": "write", "numpy.savetxt": "write",
    "logging.FileHandler": "write", "logging.handlers.RotatingFileHandler": "write",
    "logging.handlers.TimedRotatingFileHandler": "write", "PIL.Image.open": "read", "dotenv.load_dotenv": "read",
    "openpyxl.load_workbook": "read", "xlrd.open_workbook": "read", "torch.save": "write:1", "torch.load": "read",
    **{f"requests.{verb}": "url" for verb in ("get", "post", "put", "delete", "head", "patch", "options")},
    **{f"httpx.{verb}": "url" for verb in ("get", "post", "put", "delete", "head", "patch", "stream")},
    "requests.request": "url:1", "urllib.request.urlopen": "url", "urllib.request.urlretrieve": "url",
    "urllib.request.Request": "url", "urllib2.urlopen": "url", "urllib.urlopen": "url", "urllib.urlretrieve": "url",
    "urllib2.Request": "url", "feedparser.parse": "url",
    "psycopg2.connect": "database:postgresql", "psycopg.connect": "database:postgresql", "asyncpg.connect": "database:postgresql",
    "pg8000.connect": "database:postgresql", "MySQLdb.connect": "database:mysql", "pymysql.connect": "database:mysql",
    "mysql.connector.connect": "database:mysql", "aiomysql.connect": "database:mysql", "MySQLdb.Connect": "database:mysql",
    "sqlite3.connect": "database:sqlite", "redis.Redis": "database:redis", "redis.StrictRedis": "database:redis",
    "redis.from_url": "database:redis", "redis.Redis.from_url": "database:redis", "pymongo.MongoClient": "database:mongodb",
    "pymongo.Connection": "database:mongodb", "sqlalchemy.create_engine": "database:by-dsn", "pyodbc.connect": "database:mssql",
    "pymssql.connect": "database:mssql", "cx_Oracle.connect": "database:oracle", "oracledb.connect": "database:oracle",
    "elasticsearch.Elasticsearch": "database:elasticsearch", "memcache.Client": "database:memcached",
    "influxdb.InfluxDBClient": "database:influxdb", "cassandra.cluster.Cluster": "database:cassandra",
    "ldap.initialize": "database:ldap", "ldap3.Server": "database:ldap", "clickhouse_driver.Client": "database:clickhouse",
    "smtplib.SMTP": "mail:smtp", "smtplib.SMTP_SSL": "mail:smtp", "django.core.mail.send_mail": "mail",
    "imaplib.IMAP4": "queue:mailbox", "imaplib.IMAP4_SSL": "queue:mailbox", "poplib.POP3": "queue:mailbox",
    "poplib.POP3_SSL": "queue:mailbox", "imapclient.IMAPClient": "queue:mailbox",
    "pika.BlockingConnection": "queue:message queue", "kafka.KafkaConsumer": "queue:message queue",
    "confluent_kafka.Consumer": "queue:message queue", "stomp.Connection": "queue:message queue",
    "time.sleep": "sleep", "asyncio.sleep": "sleep", "os.kill": "kill",
    "filelock.FileLock": "lock:filelock", "lockfile.LockFile": "lock:lockfile", "portalocker.Lock": "lock:portalocker",
    "multiprocessing.Pool": "parallel", "concurrent.futures.ThreadPoolExecutor": "parallel",
    "concurrent.futures.ProcessPoolExecutor": "parallel", "multiprocessing.pool.ThreadPool": "parallel",
    "joblib.Parallel": "parallel",
    "ftplib.FTP": "host", "ftplib.FTP_TLS": "host", "telnetlib.Telnet": "host", "paramiko.Transport": "host",
    "socket.create_connection": "host", "paramiko.SSHClient().connect": "host", "socket.socket().connect": "host",
    "pysftp.Connection": "host", "fabric.Connection": "host", "http.client.HTTPSConnection": "host",
    "http.client.HTTPConnection": "host", "httplib.HTTPConnection": "host", "httplib.HTTPSConnection": "host",
    "socket.gethostbyname": "host", "xmlrpc.client.ServerProxy": "url", "xmlrpclib.ServerProxy": "url", "xmlrpclib.Server": "url",
    "jsonrpclib.Server": "url", "SOAPpy.SOAPProxy": "url", "urllib3.PoolManager().request": "url:1", "nntplib.NNTP": "host",
    "configparser.ConfigParser().read": "read", "configparser.RawConfigParser().read": "read", "ConfigParser.ConfigParser().read": "read",
    "ConfigParser.RawConfigParser().read": "read", "configparser.SafeConfigParser().read": "read", "gdbm.open": "update", "anydbm.open": "update",
    "whichdb.whichdb": "read", "bsddb.hashopen": "update", "bsddb.btopen": "update", "dbm.gnu.open": "update", "tinydb.TinyDB": "update",
    "diskcache.Cache": "update", "os.statvfs": "machine:statvfs", "os.getloadavg": "machine:getloadavg", "shutil.disk_usage": "machine:disk_usage",
    "pwd.getpwall": "machine:accounts", "grp.getgrall": "machine:accounts", "spwd.getspall": "machine:accounts", "os.getlogin": "none",
    "os.mknod": "machine:mknod", "os.chroot": "machine:chroot", "fileinput.input": "read", "os.access": "looks", "os.path.exists": "looks",
    "os.path.islink": "looks", "os.path.getctime": "read", "os.lstat": "read", "apsw.Connection": "database:sqlite", "peewee.SqliteDatabase": "database:sqlite", "lmdb.open": "update",
    "plyvel.DB": "update", "leveldb.LevelDB": "update", "bsddb3.hashopen": "update", "tdb.open": "update", "dbm.ndbm.open": "update", "dbm.dumb.open": "update", "dumbdbm.open": "update", "rrdtool.update": "update",
    "http.cookiejar.MozillaCookieJar": "update", "http.cookiejar.LWPCookieJar": "update", "cookielib.MozillaCookieJar": "update", "cookielib.LWPCookieJar": "update", "requests_cache.install_cache": "update",
    "requests_cache.CachedSession": "update", "joblib.Memory": "update", "ZODB.FileStorage.FileStorage": "update", "pickleshare.PickleShareDB": "update", "sqlitedict.SqliteDict": "update", "bz2.BZ2File": "open",
    "gzip.GzipFile": "open", "shutil.copyfileobj": "none", "pymemcache.client.base.Client": "database:memcached", "pylibmc.Client": "database:memcached",
    "os.path.isfile": "looks", "os.path.lexists": "looks", "docker.from_env": "container:docker", "docker.DockerClient": "container:docker",
}  # fmt: skip

# Methods on anything, where their name is telling enough.
METHODS: dict[str, str] = {
    "to_csv": "write", "to_excel": "write", "to_parquet": "write", "to_pickle": "write", "write_csv": "write",
    "write_parquet": "write", "savefig": "write", "upload_file": "read", "download_file": "write:2",
    "receive_message": "queue:message queue", "receive_messages": "queue:message queue", "basic_get": "queue:message queue",
    "basic_consume": "queue:message queue", "rpop": "queue:redis list", "blpop": "queue:redis list", "lpop": "queue:redis list",
    "brpop": "queue:redis list", "send_raw_email": "mail", "sendmail": "mail", "send_email": "mail",
}  # fmt: skip

# Methods of paths; the path is the first argument.
PATH_METHODS: dict[str, str] = {
    "read_text": "read", "read_bytes": "read", "write_text": "write", "write_bytes": "write", "unlink": "delete",
    "rmdir": "delete", "iterdir": "list", "glob": "list", "rglob": "list", "touch": "write", "mkdir": "folder", "open": "open",
    "stat": "read", "rename": "move", "replace": "move", "exists": "looks", "is_file": "looks",
}  # fmt: skip

# Libraries whose import alone says something.
LIBRARIES: dict[str, str] = {
    "google.cloud": "cloud:gcloud", "azure": "cloud:az", "celery": "none",
    **{name: f"machine:{name}" for name in "psutil apt apt_pkg apt_inst dbus pydbus pyudev libvirt systemd RPi smbus smbus2 serial netifaces pyroute2 ethtool dmidecode selinux iptc "
        "nftables rpm dnf yum portage usb gpiozero pyinotify lxc parted blivet bluetooth libsmbios_c apparmor pysnmp_local gudev utmp udev cupshelpers sensors "
        "crontab w1thermsensor picamera picamera2 pigpio spidev gpiod lgpio busio sense_hat bme280 bmp280 GPUtil gpustat cpuinfo pySMART jtop nvidia_smi py3nvml "
        "pyautogui pynput evdev mss wmi winreg win32serviceutil win32service win32evtlog win32api servicemanager NetworkManager dbus_next wifi pywifi hid pyaudio "
        "sounddevice alsaaudio uptime vcgencmd".split()},
    **dict.fromkeys("pynvml pycuda cupy cudf cuml tensorrt".split(), "machine:GPU"),
}  # fmt: skip
