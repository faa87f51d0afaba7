"""Real apps on a private desktop."""
