"""What is changed between two explanations of the same samples, one file a test."""
