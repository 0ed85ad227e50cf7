"""The plan as a folder: open it, judge it, follow its figures."""
