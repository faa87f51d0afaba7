"""Suggestions from the daemon, through two threads: typing never waits for a socket."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from quicktype import protocol
from quicktype.client import Client, DaemonError
from quicktype.playground.suggester import Answer, Question

if TYPE_CHECKING:
    from collections.abc import Callable

    from quicktype.protocol import ClientMessage, ServerMessage

_MAX_CHARACTERS = 64_000
_MAX_WAITING = 64
"""A daemon that hangs is not sent more than this when it wakes up."""


class DaemonSuggester:
    """Asks the daemon, and connects anew when it was restarted."""

    source = "by the daemon"

    def __init__(self, connect: Callable[[], Client] = lambda: Client(timeout=None)) -> None:
        self._connect = connect
        self._client: Client | None = None
        self._outbox: queue.SimpleQueue[ClientMessage | None] = queue.SimpleQueue()
        self._sender = threading.Thread(target=self._send_all, name="to daemon", daemon=True)
        self._closed = False
        self._newest = 0
        self._on_answer: Callable[[Answer], None]

    def start(self, on_answer: Callable[[Answer], None]) -> None:
        """Begins; `on_answer` is called from a thread."""
        self._on_answer = on_answer
        self._sender.start()

    def ask(self, question: Question) -> None:
        """Supersedes what was asked before."""
        self._newest = question.number
        self._send(
            protocol.Complete(
                id=question.number,
                speaker=question.speaker,
                draft=question.draft,
                conversation=question.conversation.newest(_MAX_CHARACTERS),
                app="quicktype chat",
                gate=question.gate,
            )
        )

    def feedback(self, question: Question, event: str, text: str) -> None:
        """Tells the daemon."""
        self._send(protocol.Feedback(event, text, question.number))

    def close(self) -> None:
        """Ends both threads, unless the daemon hangs: then they end with the process."""
        self._closed = True
        self._outbox.put(None)
        if self._client is not None:
            self._client.close()

    def _send(self, message: ClientMessage) -> None:
        if self._outbox.qsize() < _MAX_WAITING:
            self._outbox.put(message)

    def _send_all(self) -> None:
        while (message := self._outbox.get()) is not None:
            try:
                self._connected().send(message)
            except DaemonError as error:
                self._answer(Answer(self._newest, silence=str(error)))

    def _connected(self) -> Client:
        if self._client is None:
            client = self._connect()
            receiver = threading.Thread(
                target=self._receive_all, args=(client,), name="from daemon", daemon=True
            )
            receiver.start()
            self._client = client
        return self._client

    def _receive_all(self, client: Client) -> None:
        try:
            while True:
                self._take(client.receive())
        except DaemonError as error:
            client.close()
            if self._client is client:
                self._client = None
            self._answer(Answer(self._newest, silence=str(error)))

    def _take(self, message: ServerMessage) -> None:
        match message:
            case protocol.Suggestions(int(number), candidates):
                self._answer(Answer(number, candidates))
            case protocol.Done(int(number)) as done:
                silence = done.suppression or done.reason
                self._answer(Answer(number, done.candidates, done.timing.total_ms, silence))
            case protocol.Error(id=int(number)) as error:
                self._answer(Answer(number, silence=error.message))

    def _answer(self, answer: Answer) -> None:
        if not self._closed:
            self._on_answer(answer)
