"""The link to the daemon: connects, starts it when it is gone, and never makes anybody wait."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from quicktype import protocol
from quicktype.client import Client, DaemonError, NoDaemonError
from ui.app import logs
from ui.app.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from quicktype.protocol import ClientMessage, ModelInfo, ServerMessage

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 3.0
"""A daemon that has not answered for so long is said to hang."""
_SPAWNED_S = 120.0
"""The first daemon on a machine compiles the engine."""
_LOOK_S = 0.1
_PAUSES_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""From one attempt to the next; a daemon that dies again and again is started ever less often."""
_HEALTHY_S = 60.0


class Health(StrEnum):
    """How the daemon is."""

    STARTING = "starting"
    READY = "ready"
    HUNG = "does not answer"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class LinkState:
    """What the tray tells about the daemon; `words` says what is wrong, and what to do."""

    health: Health
    words: str = ""
    model: ModelInfo | None = None


class Starting(Protocol):
    """A daemon that was started and does not listen yet."""

    def last_words(self) -> str | None:
        """Why it ended; None while it lives."""


class Link:
    """One connection at a time, kept up by threads of its own.

    `on_message` and `on_state` are called from these threads. `spawn` starts a daemon; it gives
    None where somebody else (systemd) does that.
    """

    def __init__(
        self,
        on_message: Callable[[ServerMessage], None],
        on_state: Callable[[LinkState], None],
        spawn: Callable[[], Starting | None],
        connect: Callable[[], Client] = lambda: Client(timeout=None),
    ) -> None:
        self._on_message = on_message
        self._on_state = on_state
        self._spawn = spawn
        self._connect = connect
        self._outbox = Outbox()
        self._client: Client | None = None
        self._state = LinkState(Health.STARTING)
        self._waiting_since: float | None = None
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._asked = threading.Event()
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in (
                (self._keep, "daemon link"),
                (self._send, "to daemon"),
                (self._watch, "daemon watch"),
            )
        ]

    def start(self) -> None:
        """Begins to look for the daemon."""
        self._on_state(self._state)
        for thread in self._threads:
            thread.start()

    def tell(self, message: ClientMessage) -> None:
        """Says this to the daemon when it can; returns at once."""
        if self._client is not None:
            self._outbox.put(message)

    def restart(self) -> None:
        """Drops the connection, as when the daemon is to be another one."""
        client = self._client
        if client is not None:
            client.close()

    def close(self) -> None:
        """Ends the connection; no call comes after this, but one that has begun."""
        self._ending.set()
        self._asked.set()
        self._outbox.close()
        self.restart()

    # --- keeping the connection -------------------------------------------------------------

    def _keep(self) -> None:
        attempt = 0
        while not self._ending.is_set():
            began = time.monotonic()
            try:
                self._listen(self._reach())
            except DaemonError as error:
                self._lost(str(error))
            except Exception as error:  # noqa: BLE001 - whatever it is, the link is made anew
                _LOG.error("the link failed: %s", logs.place_of(error))
                self._lost(f"unexpected {type(error).__name__}; the tray's log has more")
            attempt = 0 if time.monotonic() - began > _HEALTHY_S else attempt + 1
            self._ending.wait(_PAUSES_S[min(attempt, len(_PAUSES_S)) - 1])

    def _reach(self) -> Client:
        """Connects, and starts a daemon where there is none; raises DaemonError."""
        try:
            return self._connect()
        except NoDaemonError:
            spawned = self._spawn()
            if spawned is None:
                raise
        self._become(LinkState(Health.STARTING))
        end = time.monotonic() + _SPAWNED_S
        while time.monotonic() < end and not self._ending.wait(_LOOK_S):
            try:
                return self._connect()
            except NoDaemonError:
                words = spawned.last_words()
                if words is not None:
                    raise DaemonError(words) from None
        raise DaemonError("the daemon was not ready in time; see quicktype status")

    def _listen(self, client: Client) -> None:
        """Hands on what the daemon says until it is gone, which raises DaemonError."""
        try:
            welcome = client.hello("quicktype tray")
            self._outbox.clear()
            self._client = client
            if self._ending.is_set():
                return
            self._become(LinkState(Health.READY, model=welcome.model))
            self._on_message(welcome)
            while True:
                message = client.receive()
                self._heard(message)
                self._on_message(message)
        finally:
            self._client = None
            client.close()

    def _lost(self, words: str) -> None:
        with self._lock:
            self._waiting_since = None
        if not self._ending.is_set():
            self._become(LinkState(Health.GONE, words))

    # --- sending, and whether anybody answers -----------------------------------------------

    def _send(self) -> None:
        while (message := self._outbox.take()) is not None:
            client = self._client
            if client is None:
                continue
            if isinstance(message, protocol.Complete):
                self._waits()
            try:
                client.send(message)
            except DaemonError:
                client.close()  # whoever listens hears of it

    def _waits(self) -> None:
        with self._lock:
            if self._waiting_since is None:
                self._waiting_since = time.monotonic()
        self._asked.set()

    def _heard(self, message: ServerMessage) -> None:
        if isinstance(message, protocol.Done | protocol.Error | protocol.Suggestions):
            with self._lock:
                self._waiting_since = None
        if self._state.health is Health.HUNG:
            self._become(LinkState(Health.READY, model=self._state.model))

    def _watch(self) -> None:
        """Sleeps until something is asked; then says if no answer comes for long."""
        while not self._ending.is_set():
            self._asked.wait()
            self._asked.clear()
            while not self._ending.is_set() and (left := self._patience_left()) is not None:
                if left <= 0 and self._state.health is Health.READY:
                    words = "the daemon does not answer; quicktype stop ends it"
                    self._become(LinkState(Health.HUNG, words, self._state.model))
                self._ending.wait(max(left, _LOOK_S))

    def _patience_left(self) -> float | None:
        """Seconds until the daemon counts as hung; None when nothing is asked."""
        with self._lock:
            since = self._waiting_since
        return None if since is None else since + _PATIENCE_S - time.monotonic()

    def _become(self, state: LinkState) -> None:
        if state != self._state:
            self._state = state
            self._on_state(state)
