"""Reads Ruby programs by their tokens.

Line: `File.write("/var/lib/app/cursor", last.to_s)`
Source: https://docs.ruby-lang.org/en/master/. Nothing found here is certain.
"""

# ruff: noqa: E501 - tables and patterns: one entry a line reads better than a folded one

from migrator.model.finding import Fact
from migrator.model.source import Location
from migrator.scripts import tokens
from migrator.scripts.reading import Context, Notes, Reading

LANGUAGE = "ruby"
INTERPRETERS: tuple[str, ...] = ("ruby", "jruby")
SUFFIXES: tuple[str, ...] = (".rb", ".rake")

FUNCTIONS: dict[str, str] = {
    "File.open": "open", "File.new": "open", "File.read": "read", "IO.read": "read", "File.readlines": "read", "File.foreach": "read",
    "CSV.foreach": "read", "CSV.read": "read", "YAML.load_file": "read", "File.write": "write", "IO.write": "write", "CSV.open": "open",
    "File.delete": "delete", "File.unlink": "delete", "FileUtils.rm": "delete", "FileUtils.rm_rf": "delete", "FileUtils.rm_f": "delete",
    "FileUtils.cp": "copy", "FileUtils.mv": "move", "File.rename": "move", "FileUtils.mkdir_p": "write", "FileUtils.touch": "write",
    "Dir.glob": "list", "Dir.entries": "list", "Dir.foreach": "list", "Dir.each_child": "list", "Dir.children": "list",
    "URI": "url", "URI.parse": "url", "URI.open": "url", "HTTParty.get": "url", "HTTParty.post": "url", "Faraday.new": "url",
    "RestClient.get": "url", "RestClient.post": "url", "Faraday.get": "url", "system": "shell", "exec": "shell", "spawn": "shell",
    "Open3.capture3": "shell", "Open3.capture2": "shell", "sleep": "sleep", "Mysql2::Client.new": "database:mysql",
    "PG.connect": "database:postgresql", "PG::Connection.new": "database:postgresql", "Redis.new": "database:redis",
    "SQLite3::Database.new": "database:sqlite", "Sequel.connect": "database:by-dsn", "Mongo::Client.new": "database:mongodb",
    "ENV.fetch": "env", "Net::SMTP.start": "mail:smtp", "Net::IMAP.new": "queue:mailbox", "Net::POP3.new": "queue:mailbox",
    "Aws::S3::Client.new": "cloud:aws", "Aws::S3::Resource.new": "cloud:aws", "Aws::SQS::Client.new": "cloud:aws", "Net::FTP.new": "host",
    "Net::SSH.start": "host", "Net::SFTP.start": "host", "Process.kill": "kill", "flock": "lock:flock", "Dir.chdir": "none",
}  # fmt: skip
STATEMENTS = {"system": "shell", "exec": "shell", "sleep": "sleep", "require": "none"}
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

    def visit(seen: tokens.Seen) -> None:
        if seen.name == "require" and seen.arguments and seen.arguments[0].text not in STANDARD:
            notes.add("library", seen.arguments[0].text.split("/")[0], seen.row)

    tokens.read_functions(notes, context, tokens.RUBY, FUNCTIONS, STATEMENTS, None, visit)
    tokens.loops(notes, tokens.RUBY)
    for row, line in enumerate(notes.lines):
        if (
            "ENV[" in line
            and (name := line.split("ENV[", 1)[1][1:].split(line.split("ENV[", 1)[1][:1])[0])
            and name not in context.variables
        ):
            notes.add("environment-variable", name[:80], row)
    return notes.reading()
