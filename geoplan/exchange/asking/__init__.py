"""What an import has to say and to ask, and the names it asks about."""
