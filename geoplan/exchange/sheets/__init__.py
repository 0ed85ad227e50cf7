"""Spreadsheets as people send them, read as records of a table."""
