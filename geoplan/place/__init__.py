"""Where things are, and how dense."""
