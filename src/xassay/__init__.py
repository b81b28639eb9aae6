"""xassay: the explanation assay."""
