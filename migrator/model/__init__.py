"""Every type that crosses a room's threshold."""
