"""Views of a map as pictures for print."""
