"""Who is at the other end of a Unix-domain socket."""

from __future__ import annotations

import socket
import struct
import sys

_LOCAL_PEERCRED = 1  # <sys/un.h> of macOS


def peer_uid(connection: socket.socket) -> int | None:
    """The user id of the process at the other end; None where the system cannot tell."""
    if sys.platform == "linux":
        size = struct.calcsize("3i")
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return int(struct.unpack("3i", credentials)[1])
    if sys.platform == "darwin":
        credentials = connection.getsockopt(0, _LOCAL_PEERCRED, 128)
        return int(struct.unpack_from("=II", credentials)[1])
    return None
