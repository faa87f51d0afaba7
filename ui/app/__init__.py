"""The tray app: what joins the desktop, the state machine, the daemon and the windows."""
