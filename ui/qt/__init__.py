"""What is painted: the overlay, the tray icon and the windows. Qt's main thread only."""
