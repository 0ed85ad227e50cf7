"""Datasets of a plan as files for GIS and office programs."""
