#!/usr/bin/env python3
"""Packs what migrator reads from this server into one bundle on standard output: what cron said instead of whole logs.

  ssh web01 'sudo python3 -' < collect-runs.py > web01.tar.xz

Of each log only the lines stay of which runs are made - those of cron, PAM's sessions of cron, anacron, run-parts, timers - with
their file's name and time; of each entry of the journal only the fields that are read. Everything else is what collect.sh takes.
Files of other forms (accounting, exports of monitors) are taken whole. Needs Python 3.6 and nothing beside its standard library.
Changes nothing on this server; what does not fit into memory goes through an unnamed temporary file.
"""

import bz2
import glob
import gzip
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time

try:
    import lzma
except ImportError:  # a Python that was built without it
    lzma = None

DAYS = int("@DAYS@")
REDACT = "@REDACT@" == "yes"
REST = r"""@REST@"""  # the plain program that packs everything but logs; also the mask for secrets
LOGS = "@LOGS@"
NEEDLES = "@NEEDLES@"
ALSO = "@ALSO@"  # of lines with the first needle only those that hold the second, too
TAGS = "@TAGS@"
FIELDS = "@FIELDS@"  # of a journal's entry
SECRETS = []  # what the schedules hold, asked for once
UNREAD = []  # lines of migrator/unread.txt: what could not be read and why, which whoever reads the bundle repeats

BLOCK = 1 << 20
LONGEST_LINE = 1 << 16
IN_MEMORY = 64 << 20
MONTH = re.compile(rb"(?:<\d{1,3}>)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d ")
STAMPED = re.compile(rb"(?:<\d{1,3}>)?(?:1 )?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\d{4}-\d\d-\d\d[T ]\d\d:\d\d)")


class Unsent(Exception):
    """The bundle cannot be written on: a full disk, or nobody reads any more. Unlike an OSError it is no fault of a log."""


class Out:
    """Standard output without a buffer of its own, which would be written at the end whatever happened."""

    def write(self, text):
        rest = memoryview(text)
        try:
            while rest:
                rest = rest[os.write(1, rest) :]
        except OSError as error:
            raise Unsent(error.strerror)
        return len(text)

    def flush(self):
        pass


def say(text):
    sys.stderr.write("collect: %s\n" % text)


def unread(path, why):
    line = "%s\t%s\n" % (path.replace("\n", "?").replace("\t", "?"), why)
    if line not in UNREAD:  # a log is looked into before it is read
        say("%s: %s" % (path, why))
        UNREAD.append(line)


def opened(path):
    """A stream of what is in a file, packed or not, and the file's own process where a program unpacks it."""
    stream = open(path, "rb")
    magic = stream.read(6)
    stream.seek(0)
    if magic[:2] == b"\x1f\x8b":
        return gzip.GzipFile(fileobj=stream)
    if magic[:3] == b"BZh":
        return bz2.BZ2File(stream)
    if magic == b"\xfd7zXZ\0" and lzma is not None:
        return lzma.LZMAFile(stream)
    if magic[:4] == b"\x28\xb5\x2f\xfd":
        if shutil.which("zstd") is None:
            return None
        unpacking = subprocess.Popen(["zstd", "-dcq"], stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return unpacking.stdout
    return stream


def blocks(stream, path):
    """Blocks that end with a line's end; what comes before a damaged place is given, too."""
    carry = b""
    at = 0
    while True:
        try:
            block = stream.read(BLOCK)
        except Exception as error:  # OSError, EOFError, zlib.error and lzma.LZMAError have no common parent
            unread(path, "cannot be read on from byte %d: %s; what is before is used" % (at, error))
            break
        if not block:
            break
        at += len(block)
        end = block.rfind(b"\n") + 1
        if not end:
            carry = (carry + block)[-BLOCK:]
            continue
        yield carry + block[:end]
        carry = block[end:]
    if carry:
        yield carry + b"\n"


def kept(block, long):
    """The places of the lines that hold a needle; those that are too long go to `long`."""
    spans = {}
    for needle in NEEDLES:
        also = ALSO.get(needle)
        at = block.find(needle)
        while at >= 0:
            start = block.rfind(b"\n", 0, at) + 1
            end = block.find(b"\n", at)
            if end - start > LONGEST_LINE:
                long.append(start)
            elif also is None or block.find(also, at, end) >= 0:
                spans[start] = end + 1
            at = block.find(needle, end)
    return sorted(spans.items())


def stamp_only(line):
    """A line without a year says by its month where in time the others are: its stamp stays, nothing else."""
    found = MONTH.match(line)
    return b"" if found is None else found.group() + b"- -: \n"


def of_text(stream, out, path):
    """What cron said in a text log."""
    month = last = b""
    at = 0
    too_long = []
    for block in blocks(stream, path):
        long = []
        spans = kept(block, long)
        too_long += [at + start for start in sorted(set(long))]
        at += len(block)
        first = block[: block.find(b"\n")]
        if first[:3] != month and not (spans and spans[0][0] == 0):
            out.write(stamp_only(first))
        month = first[:3]
        for start, end in spans:
            out.write(block[start:end])
        begin = block.rfind(b"\n", 0, len(block) - 1) + 1
        last = b"" if spans and spans[-1][0] == begin else block[begin:-1]
    out.write(stamp_only(last))
    if too_long:
        unread(path, "%d lines about cron are too long to be real, the first at byte %d; left out" % (len(too_long), too_long[0]))


def of_journal(stream, out, path):
    """The entries of those who are listened to, in few fields."""
    signs = tuple(('"%s"' % tag).encode() for tag in TAGS)
    for block in blocks(stream, path):
        for line in block.splitlines():
            if not any(sign in line for sign in signs):
                continue
            try:
                entry = json.loads(line.decode("utf-8", "replace"))
                short = {name: entry[name] for name in FIELDS if name in entry}
            except (ValueError, TypeError, KeyError):
                continue
            if "systemd" in (entry.get("SYSLOG_IDENTIFIER"), entry.get("_COMM")) and b".service" not in line:
                continue
            out.write(json.dumps(short, separators=(",", ":")).encode() + b"\n")


def whole(path, out):
    with open(path, "rb") as stream:
        shutil.copyfileobj(stream, out, BLOCK)


def distilled(path, out):
    """Write what is read of a log; True if it is what its packed file held, and has to be packed again."""
    stream = opened(path)
    if stream is None:
        whole(path, out)
        return False
    with stream:
        head = b""
        for block in blocks(stream, path):
            head = block[:65536]
            break
    stream = opened(path)
    with stream:
        if head.lstrip()[:1] == b"{" and b'"__REALTIME_TIMESTAMP"' in head:
            of_journal(stream, out, path)
        elif any(STAMPED.match(line) for line in head.splitlines()[:50]):
            of_text(stream, out, path)
        else:
            whole(path, out)
            return False
    return True


def masked(spool):
    """The same without secrets; those that the schedules hold, too, under the names that they have there."""
    if not REDACT:
        return spool
    if not SECRETS:
        SECRETS.append(subprocess.check_output(["sh", "-c", REST, "collect", "secrets"], stdin=subprocess.DEVNULL))
    told, clean = tempfile.TemporaryFile(), tempfile.TemporaryFile()
    told.write(SECRETS[0] + b"\n\1\n")
    spool.seek(0)
    shutil.copyfileobj(spool, told, BLOCK)
    told.seek(0)
    subprocess.check_call(["sh", "-c", REST, "collect", "mask"], stdin=told, stdout=clean)
    return clean


def packed_at(path):
    """When a gzip file says that it was packed: it tells the year of a log whose stamps have none."""
    with open(path, "rb") as stream:
        head = stream.read(8)
    return struct.unpack("<I", head[4:8])[0] if head[:2] == b"\x1f\x8b" and len(head) == 8 else None


def add(tar, name, spool, mtime, mode, uid):
    """Add what was written into `spool`, if that is anything. (Before Python 3.11 its seek says nothing.)"""
    member = tarfile.TarInfo(name)
    spool.seek(0, io.SEEK_END)
    member.size, member.mtime, member.mode, member.uid = spool.tell(), mtime, mode, uid
    spool.seek(0)
    if member.size:
        tar.addfile(member, spool)


def add_log(tar, root, path):
    status = os.stat(path)
    spool = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)
    again = distilled(path, spool)
    if again:
        spool = masked(spool)
        stamp = packed_at(path)
        if stamp is not None:
            spool.seek(0, io.SEEK_END)
            if not spool.tell():
                return
            spool.seek(0)
            zipped = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)
            with gzip.GzipFile(filename="", fileobj=zipped, mode="wb", compresslevel=0, mtime=stamp) as out:
                shutil.copyfileobj(spool, out, BLOCK)
            spool = zipped
    elif REDACT:
        unread(path, "of a form in which secrets cannot be masked here; not taken")
        return
    add(tar, path[len(root) :].lstrip("/"), spool, int(status.st_mtime), status.st_mode & 0o7777, status.st_uid)


def add_journal(tar):
    """The journal of the last days, as journalctl says it; False where there is one that cannot be read."""
    if shutil.which("journalctl") is None:
        if glob.glob("/var/log/journal/*/*.journal") or glob.glob("/run/log/journal/*/*.journal"):
            unread("/var/log/journal", "there is no journalctl here to read it; not taken")
            return False
        return True
    command = ["journalctl", "--no-pager", "--quiet", "--output=json", "--all", "--since", "-%dd" % DAYS]
    command += ["SYSLOG_IDENTIFIER=%s" % tag for tag in TAGS]
    spool = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)
    with open(os.devnull, "rb") as nothing:
        said = subprocess.Popen(command, stdin=nothing, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with said.stdout:
            of_journal(said.stdout, spool, "journalctl")
        said.wait()
    add(tar, "var/log/journal.json", masked(spool), int(time.time()), 0o640, 0)
    return True


def rest(tar):
    """Everything but logs: what the plain program packs. False if that is not all."""
    packing = subprocess.Popen(["sh", "-c", REST, "collect"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    packing.stdin.close()
    wrong = None
    with packing.stdout:
        try:
            with tarfile.open(fileobj=packing.stdout, mode="r|gz", errors="surrogateescape") as inner:
                for member in inner:
                    if member.name == "migrator/unread.txt":
                        UNREAD.append(inner.extractfile(member).read().decode("utf-8", "surrogateescape"))
                        continue
                    tar.addfile(member, inner.extractfile(member) if member.isreg() else None)
            packing.stdout.read()
        except (tarfile.TarError, EOFError, OSError) as error:
            wrong = str(error)
    if packing.wait() != 0:
        wrong = "it ended with status %d" % packing.returncode
    if wrong is not None:
        say("what the plain program packs is damaged (%s): schedules and scripts may be missing" % wrong)
    return wrong is None


def logs(root):
    """Log files written to in the last days, each once; links are passed over: where they lead is taken."""
    oldest = time.time() - (DAYS + 1) * 86400
    found = set()
    for pattern in LOGS:
        for path in glob.iglob(root + pattern, recursive=True):
            try:
                if os.path.isfile(path) and not os.path.islink(path) and os.stat(path).st_mtime >= oldest:
                    found.add(path)
            except OSError:  # it was rotated away meanwhile: under its new name it is another's
                pass
    return sorted(found)


def closed(root):
    """Folders in which logs may lie and nobody may look."""
    tops = set()
    for pattern in LOGS:
        tops.update(glob.iglob(root + os.path.dirname(pattern.split("**")[0])))
    return sorted(top for top in tops if os.path.isdir(top) and not os.access(top, os.R_OK | os.X_OK))


def main():
    root = ""
    if len(sys.argv) == 3 and sys.argv[1] == "--logs-of":  # the logs of another tree, and nothing else
        root = sys.argv[2].rstrip("/")
    elif len(sys.argv) > 1:
        say("takes no arguments (or --logs-of FOLDER)")
        return 2
    if sys.stdout.isatty():
        say("the bundle goes to standard output, which is a terminal; add > server.tar.xz")
        return 2
    try:
        return packed_on(Out(), root)
    except Unsent as error:
        say("the bundle cannot be written on: %s; it is not whole" % error)
        return 1


def packed_on(out, root):
    """Write the bundle; 1 where schedules may be missing in it. What could not be read stands in it, too."""
    packed = gzip.GzipFile(fileobj=out, mode="wb", mtime=0) if lzma is None else lzma.LZMAFile(out, "wb", preset=4)
    count = missed = status = 0
    with packed, tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT, errors="surrogateescape") as tar:
        if not root:
            status = 0 if rest(tar) else 1
            try:
                missed += 0 if add_journal(tar) else 1
            except OSError as error:
                unread("/var/log/journal", error.strerror or error)
                missed += 1
        for path in closed(root):
            unread(path[len(root) :], "may not be listed; run as root")
            missed += 1
        for path in logs(root):
            try:
                add_log(tar, root, path)
                count += 1
            except OSError as error:
                unread(path, error.strerror or error)
                missed += 1
        spool = io.BytesIO("".join(UNREAD).encode("utf-8", "surrogateescape"))
        add(tar, "migrator/unread.txt", spool, int(time.time()), 0o644, 0)
    say("%d logs are packed; %d could not be read" % (count, missed))
    return status


if __name__ == "__main__":
    sys.exit(main())
