"""Measured side by side: ours and a peer in one run. Ratios matter, not times."""
