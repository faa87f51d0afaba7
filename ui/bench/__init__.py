"""How long it takes from a key to the ghost on the screen, in real windows of a real desktop."""
