"""At most once per scheduled instant: a claim is a file that only one run can create.

MIGRATOR_CLAIMS names a folder on a disk that all runs share; without it each machine remembers only for itself.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path


def claim(folder: Path, job_id: str, instant: datetime) -> bool:
    """True for the first run of this instant; False if another one has it, whatever became of it."""
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9-]", "_", job_id) + instant.strftime("-%Y%m%dT%H%M%S")
    try:
        os.close(os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True
