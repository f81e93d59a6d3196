"""The cron-compatible runner that emitted jobs carry: standard library and itself only, copied verbatim."""
