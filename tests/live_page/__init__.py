"""The page of live runs as values and as markup. What a browser makes of it is tested in tests/browser."""
