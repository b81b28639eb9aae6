"""Neural networks, one file an architecture."""
