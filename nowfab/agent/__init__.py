"""Be the agent: what a node runs to answer questions and to make changes, sent to it each time."""
