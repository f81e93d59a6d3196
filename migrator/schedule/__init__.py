"""The calendar kernel and the schedule dialects: what fires when, and the proof that a translation fires the same."""
