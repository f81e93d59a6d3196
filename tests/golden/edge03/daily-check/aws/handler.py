"""What the platform calls: the work is in runner/, the jobs are in checks.json. Written by migrator."""

from runner.daily_check import handler

__all__ = ["handler"]
