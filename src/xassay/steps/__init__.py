"""The pipeline's steps, one module a verb."""
