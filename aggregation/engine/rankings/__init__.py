"""Rules that rank statements by pairwise comparisons; the best of the ranking fill the seats."""
