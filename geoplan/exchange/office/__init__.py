"""Workbooks and documents that office programs lay out alike."""
