"""In and out: reports, pictures, files."""
