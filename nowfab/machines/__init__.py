"""Reach the nodes: over SSH, or this computer itself."""
