"""What a desktop must be able to do for quicktype, whichever desktop it is."""
