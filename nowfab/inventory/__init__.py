"""Know the nodes: which there are, what is known of each, which ones are meant."""
