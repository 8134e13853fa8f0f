"""Make a report readable: as a table, as JSON, as lines while it happens."""
