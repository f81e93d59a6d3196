"""Reads Ruby programs through their grammar.

Line: `File.write("/var/lib/app/cursor", last.to_s)`
Source: https://docs.ruby-lang.org/en/master/.
"""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

import posixpath
import re

import tree_sitter_ruby
from tree_sitter import Node

from migrator.model.finding import Fact
from migrator.model.source import Location
from migrator.scripts.grammars import Grammar
from migrator.scripts.reading import Call, Context, Notes, Reading, absolute
from migrator.scripts.syntax import Program, Seen
from migrator.scripts.words import Word

LANGUAGE = "ruby"
INTERPRETERS: tuple[str, ...] = ("ruby", "jruby")
SUFFIXES: tuple[str, ...] = (".rb", ".rake")

FUNCTIONS: dict[str, str] = {
    "File.open": "open", "File.new": "open", "File.read": "read", "IO.read": "read", "File.readlines": "read", "File.foreach": "read",
    "CSV.foreach": "read", "CSV.read": "read", "YAML.load_file": "read", "File.write": "write", "IO.write": "write", "CSV.open": "open",
    "File.delete": "delete", "File.unlink": "delete", "FileUtils.rm": "delete", "FileUtils.rm_rf": "delete", "FileUtils.rm_f": "delete",
    "FileUtils.cp": "copy", "FileUtils.mv": "move", "File.rename": "move", "FileUtils.mkdir_p": "folder", "FileUtils.touch": "write",
    "Dir.glob": "list", "Dir.entries": "list", "Dir.foreach": "list", "Dir.each_child": "list", "Dir.children": "list",
    "URI": "url", "URI.parse": "url", "URI.open": "url", "HTTParty.get": "url", "HTTParty.post": "url", "Faraday.new": "url",
    "RestClient.get": "url", "RestClient.post": "url", "Faraday.get": "url", "system": "shell", "exec": "shell", "spawn": "shell",
    "Open3.capture3": "shell", "Open3.capture2": "shell", "sleep": "sleep", "Mysql2::Client.new": "database:mysql",
    "PG.connect": "database:postgresql", "PG::Connection.new": "database:postgresql", "Redis.new": "database:redis",
    "SQLite3::Database.new": "database:sqlite", "Sequel.connect": "database:by-dsn", "Mongo::Client.new": "database:mongodb",
    "ENV.fetch": "env", "Net::SMTP.start": "mail:smtp", "Net::IMAP.new": "queue:mailbox", "Net::POP3.new": "queue:mailbox",
    "Aws::S3::Client.new": "cloud:aws", "Aws::S3::Resource.new": "cloud:aws", "Aws::SQS::Client.new": "cloud:aws", "Net::FTP.new": "host",
    "TCPSocket.new": "host", "TCPSocket.open": "host", "UNIXSocket.new": "peer", "UNIXSocket.open": "peer", "Net::HTTP.new": "host", "Net::HTTP.start": "host", "Net::HTTP.get": "url", "Net::Telnet.new": "peer", "XMLRPC::Client.new": "host", "PStore.new": "update", "GDBM.new": "update", "SDBM.open": "update", "YAML::Store.new": "update", "DBM.open": "update", "IO.readlines": "read", "File.mtime": "read", "File.exist?": "looks", "File.exists?": "looks", "File.file?": "looks", "File.size?": "looks", "File.zero?": "looks", "File.symlink?": "looks", "File.stat": "read", "File.ctime": "read", "File.symlink": "write:1",
    "FileUtils.ln_s": "write:1", "FileUtils.cp_r": "copy", "IO.binwrite": "write", "File.binwrite": "write", "File.binread": "read", "Memcached.new": "host", "Dalli::Client.new": "host",  "Net::SSH.start": "host", "Net::SFTP.start": "host", "Process.kill": "kill", "IO.popen": "shell", "Open3.popen3": "shell", "Open3.capture2e": "shell", "Open3.popen2e": "shell",
    "Bunny.new": "daemon:rabbitmq", "Etc.passwd": "machine:accounts", "Etc.group": "machine:accounts", "flock": "lock:flock", "Dir.chdir": "none",
}  # fmt: skip
GRAMMAR = Grammar(
    "ruby",
    tree_sitter_ruby.language,
    "+",
    0,
    most_steps=1_500,  # of 712 pieces of real programs the longest takes 355; 1 kB of `<!--`, line by line, 1,709
    pieces=re.compile(r"^(?=(?:def|class|module|require|task|namespace|[A-Z@$]\w*)\b)", re.MULTILINE),
)
MACHINE = re.compile(  # libraries that say how the machine is, or work on its devices
    r"sys[/-](?:filesystem|proctable|cpu|uptime|host|memory|admin)|usagewatch(?:_ext)?|vmstat|linux_stat|facter|ohai|rpi_gpio|pi_piper|serialport|rubyserial"
    r"|dht-sensor-ffi|i2c(?:/.*)?|libvirt|libusb|ruby-dbus|dbus|whenever|cronedit|win32/\w+|augeas|rb-inotify"
)
STANDARD = frozenset(
    "json yaml csv date time net/http net/https net/ftp net/smtp net/imap net/pop uri open-uri fileutils optparse logger set tempfile erb "
    "English socket openssl digest base64 securerandom zlib stringio ostruct pp benchmark timeout open3 shellwords pathname tmpdir bigdecimal "
    "rexml/document thread forwardable singleton delegate find etc io/console fcntl syslog psych rubygems".split()
)


def inspect(text: str, location: Location) -> tuple[Fact, ...]:
    """Facts of a Ruby program."""
    return read(text, location, Context()).facts


def read(text: str, location: Location, context: Context) -> Reading:
    """Facts and calls of a Ruby program that starts in `context`."""
    notes = Notes(text, location)
    notes.add_secrets()

    folder = posixpath.dirname(location.path)

    def visit(seen: Seen) -> None:
        name = seen.arguments[0].text if seen.arguments else ""
        if seen.name == "require_relative" and name:
            path = absolute(name if name.endswith(".rb") else f"{name}.rb", folder)
            notes.call(Call(path=path, language="ruby", evidence=notes.evidence(seen.row), optional=True))
        elif seen.name == "require" and name and name not in STANDARD:
            notes.add("library", name.split("/")[0], seen.row)
            if MACHINE.fullmatch(name):
                notes.add("host-only", name, seen.row)

    def enter(node: Node) -> None:
        """Every node is looked at by the program itself."""

    known = {"__dir__": Word(folder, True), "__FILE__": Word(location.path, True)}
    Program(notes, context, GRAMMAR, known).read(FUNCTIONS, visit, enter)
    return notes.reading()
