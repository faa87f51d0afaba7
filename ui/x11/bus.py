"""D-Bus as reading a screen needs it: many questions at once, few milliseconds."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROPERTIES = "org.freedesktop.DBus.Properties"

TIMEOUT_S = 0.2
"""No app costs more than this: one that does not answer is left alone for a while."""
HUNG_FOR_S = 1.0

Answer = tuple[Any, ...] | None
"""The body of a reply; None for an error, or when none came in time."""


class Ref(NamedTuple):
    """An object on the bus: who owns it, and where."""

    owner: str
    path: str


class Call(NamedTuple):
    """One question."""

    ref: Ref
    interface: str
    member: str
    signature: str | None = None
    body: tuple[Any, ...] = ()


def getting(ref: Ref, interface: str, name: str) -> Call:
    """The question for a property."""
    return Call(ref, PROPERTIES, "Get", "ss", (interface, name))


def value(answer: Answer, default: Any = None) -> Any:
    """The value of a property, out of the variant that it comes in."""
    return answer[0][1] if answer else default


def first(answer: Answer, default: Any = None) -> Any:
    """The first value of a reply."""
    return answer[0] if answer else default


class Bus:
    """A connection that is used by one thread at a time (a lock sees to it)."""

    def __init__(self, address: str) -> None:
        """Connect to an address, or to `SESSION`.

        Raises:
            OSError: Nothing answers there.
        """
        self._connection = connected(address)
        self._lock = threading.Lock()
        self._hung: dict[str, float] = {}
        self.broken = False

    @property
    def hung(self) -> tuple[str, ...]:
        """Who did not answer in time, and is not asked at present."""
        now = time.monotonic()
        return tuple(owner for owner, until in self._hung.items() if until > now)

    def ask(self, calls: Sequence[Call], timeout: float = TIMEOUT_S) -> list[Answer]:
        """Send all the questions at once; the answers in the same order, None where there is none.

        Raises:
            ConnectionError: The bus is gone.
        """
        with self._lock:
            now = time.monotonic()
            asked = [self._hung.get(call.ref.owner, 0.0) <= now for call in calls]
            serials = self._send(
                [call for call, wanted in zip(calls, asked, strict=True) if wanted]
            )
            answers = self._collect(set(serials), now + timeout)
            late = set(serials) - answers.keys()
            remaining = iter(serials)
            result: list[Answer] = []
            for call, wanted in zip(calls, asked, strict=True):
                serial = next(remaining) if wanted else 0
                if serial in late:
                    self._hung[call.ref.owner] = time.monotonic() + HUNG_FOR_S
                result.append(answers.get(serial))
            return result

    def one(self, call: Call, timeout: float = TIMEOUT_S) -> Answer:
        """One question.

        Raises:
            ConnectionError: The bus is gone.
        """
        return self.ask([call], timeout)[0]

    def close(self) -> None:
        """End it; whoever waits for an answer gets a ConnectionError."""
        self.broken = True
        shut(self._connection)
        with self._lock:
            self._connection.close()

    def _send(self, calls: Sequence[Call]) -> list[int]:
        serials, data = [], bytearray()
        for call in calls:
            serial = next(self._connection.outgoing_serial)
            data += _message(call).serialise(serial=serial)
            serials.append(serial)
        try:
            self._connection.sock.sendall(data)
        except OSError as error:
            self.broken = True
            raise ConnectionError("the accessibility bus is gone") from error
        return serials

    def _collect(self, wanted: set[int], deadline: float) -> dict[int, Answer]:
        answers: dict[int, Answer] = {}
        try:
            while len(answers) < len(wanted):
                message = self._connection.receive(timeout=max(0.0, deadline - time.monotonic()))
                serial = message.header.fields.get(HeaderFields.reply_serial)
                if serial in wanted:
                    error = message.header.message_type == MessageType.error
                    answers[serial] = None if error else message.body
        except TimeoutError:
            pass
        except (OSError, ValueError) as error:
            self.broken = True
            raise ConnectionError("the accessibility bus is gone") from error
        return answers


def connected(address: str) -> DBusConnection:
    """A connection to an address, or to `SESSION`.

    Raises:
        OSError: Nothing answers there.
    """
    try:
        return open_dbus_connection(address)
    except (KeyError, ValueError, EOFError) as error:  # no address, or none that means anything
        raise OSError("no D-Bus answers: log in to a desktop session") from error


def _message(call: Call) -> Message:
    address = DBusAddress(call.ref.path, call.ref.owner, call.interface)
    return new_method_call(address, call.member, call.signature, call.body)


def signals(connection: DBusConnection) -> Iterator[tuple[Ref, str, str, tuple[Any, ...]]]:
    """The signals that arrive: who sent it, interface, member, body; ends with the connection."""
    while True:
        try:
            message = connection.receive()
        except (OSError, ValueError):
            return
        fields = message.header.fields
        if message.header.message_type == MessageType.signal:
            source = Ref(fields.get(HeaderFields.sender, ""), fields[HeaderFields.path])
            interface = fields[HeaderFields.interface]
            yield source, interface, fields[HeaderFields.member], message.body


def shut(connection: DBusConnection) -> None:
    """End a connection so that a thread that reads from it wakes up."""
    try:
        connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was gone already
