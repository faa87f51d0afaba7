"""macOS: the accessibility API and an event tap. Written to their documents, never run."""
