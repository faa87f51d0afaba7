"""How much a completer helps: chats replayed key by key, and what a user would have saved."""
