"""The daemon: one socket, many clients, one model."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quicktype import __version__, pipes, protocol
from quicktype.completer import Reason
from quicktype.daemon.connection import Connection
from quicktype.daemon.figures import Figures
from quicktype.daemon.observed import Observed
from quicktype.daemon.place import claimed
from quicktype.daemon.worker import Completes, Worker
from quicktype.peer import peer_uid

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from quicktype.protocol import Id, ModelInfo

MAX_CLIENTS = 128
_FAREWELL_S = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready, and what clients are told about it."""

    completer: Completes
    info: ModelInfo


def serve(
    path: Path, load: Callable[[], Loaded], ready: Callable[[Loaded], None] = lambda _: None
) -> None:
    """Serves clients at `path` until a client's `shutdown`, in the main thread also until a signal.

    `load` makes the model, now and whenever a client says `reload`; `ready` hears of it once
    clients can connect. The signals are SIGTERM and SIGINT.

    Raises:
        quicktype.daemon.SocketError: the socket cannot be opened, or another daemon is there.
    """
    with claimed(path) as listening:
        loaded = load()
        asyncio.run(_serve(path, listening, loaded, load, ready))


async def _serve(
    path: Path,
    listening: socket.socket | None,
    loaded: Loaded,
    load: Callable[[], Loaded],
    ready: Callable[[Loaded], None],
) -> None:
    server = Server(loaded, load)
    asyncio.get_running_loop().set_exception_handler(_log_kind)
    if threading.current_thread() is threading.main_thread():  # signals reach no other
        _stop_on_signals(server)
    if listening is None:
        listener = await _listen_at_pipe(path, server)
    else:
        listener = await asyncio.start_unix_server(server.welcome_client, sock=listening)
    ready(loaded)
    await server.until_stopped()
    listener.close()
    await server.farewell()


async def _listen_at_pipe(path: Path, server: Server) -> Any:
    """On Windows: asyncio's own event loop there has pipes."""
    loop: Any = asyncio.get_running_loop()

    def streams() -> asyncio.StreamReaderProtocol:
        reader = asyncio.StreamReader(loop=loop)
        return asyncio.StreamReaderProtocol(reader, server.welcome_client, loop=loop)

    [listener] = await loop.start_serving_pipe(streams, pipes.name_of(path))
    return listener


def _stop_on_signals(server: Server) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        if sys.platform == "win32":  # its event loop hears no signals, but wakes up for them
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(server.stop))
        else:
            loop.add_signal_handler(number, server.stop)


def _log_kind(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Logs what went wrong by its kind only: the usual handler would quote what was typed."""
    log.error("the event loop met an error: %s", type(context.get("exception")).__name__)


class Server:
    """What the connections share."""

    def __init__(self, loaded: Loaded, load: Callable[[], Loaded]) -> None:
        self.worker = Worker(loaded.completer)
        self.model = loaded.info
        self.observed = Observed()
        self.figures = Figures()
        self._load = load
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self._reloads: set[asyncio.Task[None]] = set()
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Ends the daemon soon."""
        self._stopped.set()

    async def until_stopped(self) -> None:
        """Waits for `stop`."""
        await self._stopped.wait()

    def welcome(self) -> protocol.Welcome:
        """What a client that says hello is told."""
        return protocol.Welcome(protocol.VERSION, f"quicktype {__version__}", self.model)

    async def welcome_client(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serves a new client, if it is the same user's."""
        connection = Connection(self, reader, writer)
        uid = peer_uid(writer.get_extra_info("socket"))
        if uid is not None and uid != os.getuid():
            log.warning("a client of user %d was refused", uid)
            writer.close()
            return
        if len(self._connections) >= MAX_CLIENTS:
            connection.send(protocol.Error(protocol.Code.BUSY, "too many clients"))
            writer.close()
            return
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("clients are served in tasks")
        self._connections[connection] = task
        try:
            await connection.run()
        finally:
            del self._connections[connection]

    def reload(self, connection: Connection, name: Id | None) -> None:
        """Loads the model anew beside the old one, which answers until the new one is ready."""
        task = asyncio.create_task(self._reload(connection, name))
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _reload(self, connection: Connection, name: Id | None) -> None:
        try:
            loaded = await asyncio.to_thread(self._load)
        except Exception as error:  # noqa: BLE001 - whatever it is, the old model goes on
            log.error("reloading failed: %s", type(error).__name__)
            text = f"the old model goes on; the new one cannot be loaded: {error}"
            connection.send(protocol.Error(protocol.Code.INTERNAL, text, name))
            return
        self.worker.replace(loaded.completer)
        self.model = loaded.info
        connection.send(protocol.Ok(name))

    async def farewell(self) -> None:
        """Answers what is open as cancelled, and lets every client go."""
        for connection in self._connections:
            connection.give_up(Reason.CANCELLED)
        await asyncio.to_thread(self.worker.stop)
        connections = dict(self._connections)
        for task in connections.values():
            task.cancel()
        farewells = [asyncio.create_task(connection.closed()) for connection in connections]
        if farewells:
            await asyncio.wait(farewells, timeout=_FAREWELL_S)
        for connection in connections:
            connection.abort()
