"""Checks of this list: `python3 -m unittest` here. Written by migrator."""

import json
import unittest
from datetime import datetime, timedelta

from runner.daily_check import CHECKS, due
from runner.guard import UTC

NOW = datetime.now(UTC)


class TestChecks(unittest.TestCase):
    """What can be known without the records."""

    def test_every_job_has_a_calendar_that_can_be_read(self) -> None:
        """Its instants of a day are listed without an error, and lie in that day."""
        for check in json.loads(CHECKS.read_text(encoding="utf-8"))["jobs"]:
            for instant in due(check, NOW - timedelta(days=1), NOW):
                self.assertLess(NOW - instant, timedelta(days=1), check["job_id"])


if __name__ == "__main__":
    unittest.main()
