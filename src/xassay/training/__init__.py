"""The one training loop and its replicates."""
