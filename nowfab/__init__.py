"""Run commands and configuration on a network of Raspberry Pis, or any SSH hosts, at once."""

__version__ = "0.1.0"
