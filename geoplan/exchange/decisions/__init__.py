"""Decision records for people: answers, tables, the one-page sheet."""
