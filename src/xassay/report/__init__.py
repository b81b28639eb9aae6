"""The page and its figures; reads tables only."""
