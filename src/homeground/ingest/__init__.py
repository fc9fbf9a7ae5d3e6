"""Sources to passages: walk, parse, split, sync."""
