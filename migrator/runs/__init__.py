"""Pairs starts with ends, and runs with jobs."""
