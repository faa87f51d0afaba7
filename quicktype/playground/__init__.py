"""The terminal playground: a conversation with ghost text, as the desktop shows it."""
