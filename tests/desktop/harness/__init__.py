"""A desktop of its own for tests: display, window manager, buses, tray, apps and a keyboard."""
