"""Refuse a message that is longer than any can be."""

from __future__ import annotations

import paramiko
from paramiko.packet import Packetizer

LARGEST = 256 * 1024
"""Bytes of a message at most, as in OpenSSH's PACKET_MAX_SIZE; a larger length was damaged on its way."""

DAMAGED = "a message was damaged on its way"


class BoundedPacketizer(Packetizer):
    """paramiko's, which would wait for gigabytes if a length said so."""

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:
        """Read exactly `n` bytes; SSHException where no message is that long."""
        if n > LARGEST:
            raise paramiko.SSHException(DAMAGED)
        return super().read_all(n, check_rekey)
