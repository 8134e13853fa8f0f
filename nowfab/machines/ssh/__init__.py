"""Speak SSH the Fabric way, without Fabric's polling."""
