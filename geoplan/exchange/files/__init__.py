"""Files as such: whole or not at all, archives, encodings, lists."""
