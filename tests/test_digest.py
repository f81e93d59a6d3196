"""The lean SHA-256 is that of `hashlib`, and what `migrator runs` loads has no OpenSSL in it, which is 3 MiB."""

import hashlib
import subprocess
import sys

import pytest

from migrator.digest import sha256


@pytest.mark.parametrize("size", [0, 1, 55, 56, 63, 64, 65, 1000, 1 << 17])
def test_it_is_that_of_hashlib_around_the_borders_of_its_blocks(size: int) -> None:
    content = bytes(number * 7 % 251 for number in range(size))
    assert sha256(content) == hashlib.sha256(content).hexdigest()


def test_listing_runs_does_not_load_openssl() -> None:
    asked = "import sys, migrator.commands.runs, migrator.ahead, migrator.aside; from migrator.digest import sha256; sha256(b'')"
    said = subprocess.run([sys.executable, "-c", f"{asked}; print('_hashlib' in sys.modules)"], capture_output=True, check=True)
    assert said.stdout.strip() == b"False"
