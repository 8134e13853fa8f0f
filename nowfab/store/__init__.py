"""Keep our files: the groups that were found, and what a run leaves behind."""
