"""One file per command: options in, a stretch called, text out."""
