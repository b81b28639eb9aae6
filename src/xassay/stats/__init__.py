"""Intervals, ranking, assay quality: arrays in, numbers out."""
