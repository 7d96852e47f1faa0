"""Dates and numbers as each language writes them; Django finds the files by name."""
