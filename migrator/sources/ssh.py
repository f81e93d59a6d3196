"""A server that is reached with `ssh://user@host[:port]`: the collecting program runs there and its bundle comes back, in one go.

It is the system's ssh that connects, with the user's own keys, agent, known hosts and ~/.ssh/config. The program runs as
root where `sudo` asks for no password, else as the user; that is said, and so is what could not be read.
"""

import logging
import re
import subprocess
import tempfile

from migrator.errors import SourceError
from migrator.model.source import HostFiles
from migrator.sources import archive, collecting

LOG = logging.getLogger(__name__)
SCHEME = "ssh://"
DAYS = 60
SSH = "ssh"
OPTIONS = ("-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4")
# the program comes on standard input, so sudo must not read it: -n never asks
ASKS = "migrator: sudo asks for a password"
REMOTE = (
    'if [ "$(id -u)" = 0 ]; then exec sh; elif sudo -n true 2>/dev/null; then exec sudo -n sh; '
    f"elif command -v sudo >/dev/null 2>&1; then echo '{ASKS}' >&2; exec sh; else exec sh; fi"
)
ADDRESS = re.compile(r"(?:([A-Za-z0-9_][A-Za-z0-9_.@$-]*)@)?([A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.%]+\])(?::(\d{1,5}))?/?")
FAILED = 255  # ssh's own exit status; any other is the remote program's. Source: ssh(1)
CAUSES = (
    ("Could not resolve hostname", "there is no such host; check the name, or add it to ~/.ssh/config"),
    ("Connection refused", "nothing listens there; is the port right, does sshd run?"),
    ("timed out", "no answer; is the server up, does a firewall stand between?"),
    ("No route to host", "no way there; is the server up, are you in the right network or VPN?"),
    ("Network is unreachable", "no way there; are you in the right network or VPN?"),
    ("Host key verification failed", "its host key is not known or changed; connect once with ssh and look at the key"),
    ("REMOTE HOST IDENTIFICATION", "its host key has changed; find out why before you go on"),
    ("Permission denied", "it does not let you in; give a user and a key that ssh-agent holds (no password is asked for here)"),
    ("Too many authentication failures", "it does not let you in; name the key in ~/.ssh/config (IdentitiesOnly)"),
)


def accepts(source: str) -> bool:
    """True for `ssh://...`."""
    return source.startswith(SCHEME)


def open(source: str) -> tuple[HostFiles, ...]:  # noqa: A001
    """The one server behind the address. Raises `SourceError` with the reason that ssh gives."""
    match = ADDRESS.fullmatch(source.removeprefix(SCHEME))
    if match is None or (match[3] is not None and not 0 < int(match[3]) < 65_536):
        raise SourceError(f"{source}: is no address of a server; ssh://user@host or ssh://user@host:22 would be right")
    user, host, port = match[1], match[2].strip("[]"), match[3]
    command = [SSH, *OPTIONS]
    command += ["-p", port] if port else []
    command += ["-l", user] if user else []
    with tempfile.TemporaryFile() as bundle, tempfile.TemporaryFile() as said:
        try:
            done = subprocess.run(  # every word is ours or has passed ADDRESS
                [*command, "--", host, REMOTE],
                input=collecting.program(DAYS).encode(),
                stdout=bundle,
                stderr=said,
                check=False,
            )
        except OSError as error:
            raise SourceError(f"{source}: ssh cannot be started ({error.strerror}); install an OpenSSH client") from error
        said.seek(0)
        words = said.read(100_000).decode("utf-8", "replace")
        size = bundle.tell() if done.returncode else bundle.seek(0, 2)
        if done.returncode == FAILED or size == 0:
            raise SourceError(f"{source}: {_why(words, done.returncode)}")
        if ASKS in words:
            LOG.warning(
                "%s: sudo asks for a password there, so only what this user may read was collected; log in as root, allow sudo "
                "without one (NOPASSWD), or run the program of `migrator collect` there by hand",
                source,
            )
        bundle.seek(0)
        return archive.unpack(bundle, host, size)


def _why(said: str, status: int) -> str:
    """What ssh or the remote shell complained about, and what to do.

    >>> _why("ssh: Could not resolve hostname web1: Name or service not known", 255).split(";")[0]
    'Could not resolve hostname web1: Name or service not known: there is no such host'
    """
    lines = [line.strip().removeprefix("ssh: ") for line in said.splitlines() if line.strip()]
    for mark, advice in CAUSES:
        for line in lines:
            if mark in line:
                return f"{line[:300].rstrip('.')}: {advice}"
    last = lines[-1][:300] if lines else f"exit status {status} and no word"
    return f"no bundle came back ({last}); try `ssh` to it by hand, and that sh, tar, gzip and awk are there"
