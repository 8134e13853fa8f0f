"""Know a node by its own words: what it is, and how it is."""
