"""A client of the daemon, with the standard library alone."""

from __future__ import annotations

import itertools
import os
import socket
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from quicktype import locks, paths, pipes, protocol
from quicktype.peer import peer_uid
from quicktype.pipes import PipeSocket
from quicktype.protocol import LineReader, ProtocolError, TooLong

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from quicktype.protocol import ClientMessage, Id, ServerMessage, Suggestions

_CHUNK = 1 << 16


class DaemonError(ConnectionError):
    """The daemon is not there, does not answer, or refused; the message says what to do."""


class NoDaemonError(DaemonError):
    """No daemon runs."""


class Client:
    """One connection. One thread may send while another receives.

    `timeout` is how many seconds an answer may take; None waits for ever. Raises NoDaemonError
    when nobody listens.
    """

    def __init__(self, path: Path | None = None, timeout: float | None = 10.0) -> None:
        self.path = path or paths.socket_path()
        try:
            self._socket = _connect(self.path, timeout)
        except OSError as error:
            reason = error.strerror or str(error)
            raise NoDaemonError(
                f"no daemon answers at {self.path} ({reason}); start one with `quicktype start`"
            ) from error
        self._check_owner()
        self._lines = LineReader()
        self._received: deque[bytes | TooLong] = deque()
        self._sending = threading.Lock()
        self._numbers = itertools.count(1)

    def _check_owner(self) -> None:
        """Nobody but this user's own daemon may read what is typed."""
        if not _is_ours(self._socket, self.path):
            self._socket.close()
            raise DaemonError(f"{self.path} is another user's; nothing was sent to it")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection, also for a thread that waits in `receive`."""
        with suppress(OSError):  # the daemon may have been first
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def next_id(self) -> int:
        """An id that this connection has not used yet."""
        return next(self._numbers)

    def send(self, message: ClientMessage) -> None:
        """Sends a message; raises DaemonError if the daemon is gone."""
        try:
            with self._sending:
                self._socket.sendall(protocol.encode(message))
        except OSError as error:
            raise DaemonError(f"the daemon is gone: {error}") from error

    def receive(self) -> ServerMessage:
        """The daemon's next message.

        Raises DaemonError if it is gone, takes longer than the time-out, or talks nonsense.
        """
        while not self._received:
            try:
                data = self._socket.recv(_CHUNK)
            except OSError as error:
                raise DaemonError(f"the daemon does not answer: {error}") from error
            if not data:
                raise DaemonError("the daemon closed the connection")
            self._received += self._lines.feed(data)
        return _message(self._received.popleft())

    def complete(
        self,
        message: protocol.Complete,
        on_suggestions: Callable[[Suggestions], None] = lambda _: None,
    ) -> protocol.Done:
        """Asks, and waits for the last word; `on_suggestions` sees what comes before."""
        self.send(message)
        while True:
            match self._answer_to(message.id):
                case protocol.Suggestions() as better:
                    on_suggestions(better)
                case protocol.Done() as done:
                    return done
                case other:
                    raise DaemonError(f"the daemon answered {other.kind} to a completion")

    def hello(self, client: str = "") -> protocol.Welcome:
        """Who is there; raises DaemonError if the daemon speaks another protocol."""
        self.send(protocol.Hello(protocol.VERSION, client))
        while True:
            match self.receive():
                case protocol.Welcome() as welcome:
                    return welcome
                case protocol.Error(id=None) as error:
                    raise _refused(error)

    def status(self) -> protocol.StatusReport:
        """How the daemon is."""
        name = self.next_id()
        self.send(protocol.Status(name))
        answer = self._answer_to(name)
        if not isinstance(answer, protocol.StatusReport):
            raise DaemonError(f"the daemon answered {answer.kind} to a status")
        return answer

    def reload(self) -> None:
        """Has the daemon load its weights anew; raises DaemonError if it could not."""
        self._ask(protocol.Reload(self.next_id()))

    def shutdown(self) -> None:
        """Ends the daemon."""
        self._ask(protocol.Shutdown(self.next_id()))

    def _ask(self, message: protocol.Reload | protocol.Shutdown) -> None:
        self.send(message)
        if message.id is not None:
            self._answer_to(message.id)

    def _answer_to(self, name: Id) -> ServerMessage:
        """The next message about the request of this name; raises DaemonError for an error."""
        while True:
            answer = self.receive()
            if isinstance(answer, protocol.Error) and answer.id in (name, None):
                raise _refused(answer)
            if not isinstance(answer, protocol.Welcome) and answer.id == name:
                return answer


def _connect(path: Path, timeout: float | None) -> socket.socket | PipeSocket:
    if sys.platform == "win32":
        return pipes.connect(path, timeout)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def _is_ours(connection: socket.socket | PipeSocket, path: Path) -> bool:
    """Whether the daemon at the other end is this user's."""
    if isinstance(connection, PipeSocket):
        lock = path.with_name(path.name + ".lock")
        return locks.holder(lock) == str(connection.server_pid())
    uid = peer_uid(connection)
    return uid is None or uid == os.getuid()


def _refused(error: protocol.Error) -> DaemonError:
    return DaemonError(f"the daemon refused: {error.message} ({error.code})")


def _message(line: bytes | TooLong) -> ServerMessage:
    if isinstance(line, TooLong):
        raise DaemonError("the daemon sent a line that is too long")
    try:
        return protocol.decode_server(line)
    except ProtocolError as error:
        raise DaemonError(f"the daemon sent what is no message: {error}") from error
