"""Small real apps that tell what is in them; each is run as a program of its own."""
