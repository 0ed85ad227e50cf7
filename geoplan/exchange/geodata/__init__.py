"""Geodata of any kind, read without trust, and in which CRS and datum it is."""
