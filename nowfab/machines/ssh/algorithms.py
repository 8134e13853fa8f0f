"""Know which algorithms are offered in which order, and name those that two sides do not share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
)
"""The fastest first: one pass over the data for cipher and MAC (RFC 5647)."""

MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1",
)

_KINDS = {
    "kex": ("kex_algo_list", "preferred_kex"),
    "host key": ("server_key_algo_list", "preferred_keys"),
    "ciphers": ("server_encrypt_algo_list", "preferred_ciphers"),
    "macs": ("server_mac_algo_list", "preferred_macs"),
}
"""By a word of paramiko's error: what it calls the server's offer, and its attribute with ours."""


def known_first(algorithms: Sequence[str], kinds: Sequence[str]) -> tuple[str, ...]:
    """Put those that prove one of these kinds of host key first, as OpenSSH does."""
    known = [algorithm for algorithm in algorithms if _kind(algorithm) in kinds]
    return tuple(dict.fromkeys([*known, *algorithms]))


def disagreement(error: str, ours: object, offered: Mapping[str, Sequence[str]]) -> str:
    """Say what either side has of the kind that paramiko's error names; else the error itself."""
    for word, (kind, attribute) in _KINDS.items():
        if word in error:
            mine = ", ".join(getattr(ours, attribute))
            theirs = ", ".join(offered.get(kind, ()))
            return f"nothing in common of {word}: the server has {theirs}; here are {mine}"
    return error


def _kind(algorithm: str) -> str:
    """Name the kind of key on file that an algorithm of the handshake proves."""
    return "ssh-rsa" if algorithm.startswith("rsa-sha2-") else algorithm
