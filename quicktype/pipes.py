"""The daemon's named pipe, which on Windows stands for its socket. Never run on Windows.

Each socket path has a pipe of its own: the path lies in the user's folder, so that users do not
meet. Windows lets nobody but the user, administrators and the system write to a pipe that says
nothing about it. Anybody may make a pipe of that name before the daemon does: therefore a client
looks whether the process at the other end is the one whose pid stands in the daemon's lock.
"""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path

_LOOK_S = 0.2


def name_of(path: Path) -> str:
    """The pipe that stands for a socket."""
    return r"\\.\pipe\quicktype-" + hashlib.sha256(str(path).lower().encode()).hexdigest()[:24]


def connect(path: Path, timeout: float | None) -> PipeSocket:
    """Connects to the daemon's pipe; raises OSError when there is none."""
    from multiprocessing.connection import Client  # noqa: PLC0415 - on Windows only

    connection: Any = Client(name_of(path), family="AF_PIPE")
    return PipeSocket(connection, timeout)


class PipeSocket:
    """The part of a socket that a client uses; one thread may send while another receives."""

    def __init__(self, connection: Connection[Any, Any], timeout: float | None) -> None:
        self._connection, self._timeout = connection, timeout
        self._closed = threading.Event()
        self._rest = b""

    def server_pid(self) -> int:
        """The process that made the pipe; raises OSError where Windows does not tell."""
        import ctypes  # noqa: PLC0415 - clients elsewhere do without

        call = ctypes.WinDLL("kernel32").GetNamedPipeServerProcessId  # type: ignore[attr-defined]
        pid = ctypes.c_uint32()
        if not call(ctypes.c_void_p(self._connection.fileno()), ctypes.byref(pid)):
            raise OSError("Windows does not tell whose pipe this is")
        return int(pid.value)

    def sendall(self, data: bytes) -> None:
        """Sends all of it; raises OSError when nobody is there any more."""
        self._connection.send_bytes(data)

    def recv(self, most: int) -> bytes:
        """What came in, b"" at the end; raises OSError (TimeoutError) as sockets do."""
        if not self._rest:
            try:
                self._wait()
                self._rest = self._connection.recv_bytes()
            except EOFError:
                return b""
        found, self._rest = self._rest[:most], self._rest[most:]
        return found

    def _wait(self) -> None:
        end = None if self._timeout is None else time.monotonic() + self._timeout
        while not self._connection.poll(_LOOK_S):
            if self._closed.is_set():
                raise OSError("the connection was closed")
            if end is not None and time.monotonic() > end:
                raise TimeoutError("timed out")

    def shutdown(self, _how: int) -> None:
        """Has a thread that waits in `recv` give up."""
        self._closed.set()

    def close(self) -> None:
        """Ends the connection."""
        self._closed.set()
        self._connection.close()
