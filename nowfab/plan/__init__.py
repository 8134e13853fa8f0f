"""Look at a node and decide what to change, as data: no step touches anything itself."""
