"""Make an SSH key pair of our own."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nowfab.fleet import state


def make(path: Path) -> str:
    """Write a new ed25519 key to `path` and `path`.pub; give the public half as one line."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH)
    state.write(path, key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption()))
    state.write(path.with_name(f"{path.name}.pub"), public + b"\n")
    return public.decode()
