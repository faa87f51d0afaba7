"""What touches the desktop. It talks to the daemon over the socket and never imports the engine."""
