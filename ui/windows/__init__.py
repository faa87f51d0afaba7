"""Windows: UI Automation, a keyboard hook and SendInput. Written to their documents, never run."""
