"""X11 without a display."""
