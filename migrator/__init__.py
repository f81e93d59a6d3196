"""Moves scheduled jobs off servers that exist only because something runs on them at 2 a.m."""

__version__ = "0.1.0"
