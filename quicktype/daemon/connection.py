"""One client: its lines in order, its newest completion, its answers."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from quicktype import protocol
from quicktype.completer import Completion, CompletionRequest, Reason
from quicktype.daemon.worker import Job, Preparation, QueueFullError
from quicktype.protocol import Code, LineReader, ProtocolError, TooLong

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quicktype.conversation import Conversation
    from quicktype.daemon.server import Server
    from quicktype.draft import Draft
    from quicktype.protocol import ClientMessage, Id, ServerMessage
    from quicktype.suggestion import Candidate

    _Note = (
        protocol.Observe | protocol.Prepare | protocol.Feedback | protocol.Forget | protocol.Learn
    )

MAX_UNREAD = 4 << 20
"""A client that leaves so many bytes unread is cut off."""
_CHUNK = 1 << 16
_REMEMBERED_DRAFTS = 32

log = logging.getLogger(__name__)


class Connection:
    """Reads a client's lines until it goes; a newer completion supersedes the older."""

    def __init__(
        self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._job: Job | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._drafts: deque[tuple[Id, Draft]] = deque(maxlen=_REMEMBERED_DRAFTS)
        self._dismissed: Draft | None = None

    async def run(self) -> None:
        """Serves the client until it closes its side and has its answers, or is gone.

        Cancelling this ends the connection; what was sent still goes out.
        """
        lines = LineReader()
        try:
            while data := await self._reader.read(_CHUNK):
                for line in lines.feed(data):
                    self._handle(line)
                    await self._writer.drain()  # who does not read is not listened to either
                    await asyncio.sleep(0)  # a flood of lines must not keep the others waiting
            if lines.buffered:
                cut_off = "the last line has no newline at its end"
                self.send(protocol.Error(Code.BAD_REQUEST, cut_off))
            await self._idle.wait()
            await self._writer.drain()
        except asyncio.CancelledError:
            log.info("a client was sent away")
        except OSError:
            log.info("a client broke off")
        finally:
            self.give_up(Reason.CANCELLED)
            self._writer.close()

    def give_up(self, reason: Reason) -> None:
        """Ends the completion that is open, if one is."""
        if self._job is not None:
            self._server.worker.give_up(self._job, reason)

    async def closed(self) -> None:
        """Returns once all that was sent to the client has gone out, or it is gone."""
        with suppress(OSError):
            await self._writer.wait_closed()

    def abort(self) -> None:
        """Ends the connection, whatever the client has not read yet."""
        self._writer.transport.abort()

    def send(self, message: ServerMessage) -> None:
        """Queues a line for the client, and cuts off one that does not read."""
        if self._writer.is_closing():
            self.give_up(Reason.CANCELLED)  # nobody is there any more to hear it
            return
        self._writer.write(protocol.encode(message))
        if self._writer.transport.get_write_buffer_size() > MAX_UNREAD:
            log.warning("a client that does not read was cut off")
            self.abort()
            self.give_up(Reason.CANCELLED)

    def _handle(self, line: bytes | TooLong) -> None:
        if isinstance(line, TooLong):
            limit = f"a line may have at most {protocol.MAX_LINE} bytes; it was skipped"
            self.send(protocol.Error(Code.TOO_LARGE, limit))
            return
        try:
            self._dispatch(protocol.decode_client(line))
        except ProtocolError as error:
            self.send(protocol.Error(error.code, str(error), error.id))

    def _dispatch(self, message: ClientMessage) -> None:
        server = self._server
        match message:
            case protocol.Complete():
                self._complete(message)
            case protocol.Cancel():
                if self._drafts and self._drafts[-1][0] == message.id:
                    self.give_up(Reason.CANCELLED)
            case protocol.Hello():
                self._greet(message)
            case protocol.Status():
                self.send(server.figures.report(server.model.name, message.id))
            case protocol.Reload():
                server.reload(self, message.id)
            case protocol.Shutdown():
                self.send(protocol.Ok(message.id))
                server.stop()
            case _:
                self._note(message)
                if message.id is not None:
                    self.send(protocol.Ok(message.id))

    def _note(self, message: _Note) -> None:
        """Takes in what needs no answer but `Ok`."""
        match message:
            case protocol.Observe():
                self._server.observed.add(message)
            case protocol.Prepare():
                turns = self._conversation(message)
                self._server.worker.prepare(Preparation(turns, message.speaker))
            case protocol.Feedback():
                self._hear(message)
            case protocol.Forget():
                self._server.observed.forget(message)
            case protocol.Learn():
                pass  # as `status` says, learning is off

    def _greet(self, message: protocol.Hello) -> None:
        if message.protocol != protocol.VERSION:
            raise ProtocolError(f"this daemon speaks protocol {protocol.VERSION}", Code.UNSUPPORTED)
        self.send(self._server.welcome())

    def _hear(self, message: protocol.Feedback) -> None:
        """After a dismissal no suggestion comes until the word at that caret has ended."""
        if message.event == "dismissed" and self._drafts:
            known = dict(self._drafts)
            name = message.id if message.id in known else self._drafts[-1][0]
            self._dismissed = known[name]

    def _conversation(self, message: protocol.Complete | protocol.Prepare) -> Conversation:
        if message.conversation is not None:
            return message.conversation
        observed = self._server.observed.get(message.conversation_id or "")
        if observed is None:
            error = ProtocolError("this conversation was never observed, or too long ago")
            error.id = message.id
            raise error
        return observed

    def _talk(self, message: protocol.Complete) -> tuple[Conversation, str]:
        """The conversation and who types in it.

        A client that sees no conversation, as the desktop in apps that do not show theirs, gets the
        one that the app itself pushed last.
        """
        conversation = self._conversation(message)
        if not conversation.turns and message.app is not None:
            pushed = self._server.observed.of_app(message.app)
            if pushed is not None:
                return pushed[0], pushed[1] or message.speaker
        return conversation, message.speaker

    def _complete(self, message: protocol.Complete) -> None:
        conversation, speaker = self._talk(message)
        self.give_up(Reason.SUPERSEDED)
        self._server.figures.asked()
        self._drafts.append((message.id, message.draft))
        job = Job(
            CompletionRequest(
                conversation=conversation,
                speaker=speaker,
                draft=message.draft,
                candidates=message.limits.candidates,
                words=message.limits.words,
                deadline_ms=message.limits.deadline_ms,
                gate=message.gate,
                threshold=message.limits.threshold,
                app=message.app,
                partner=message.partner,
                dismissed=self._dismissed,
            ),
            improve=lambda found: self._soon(lambda: self._improved(message.id, job, tuple(found))),
            finish=lambda done: self._soon(lambda: self._finished(message.id, job, done)),
        )
        try:
            self._server.worker.submit(job)
        except QueueFullError as error:
            self.send(protocol.Error(Code.BUSY, str(error), message.id))
            return
        self._job = job
        self._idle.clear()

    def _soon(self, call: Callable[[], None]) -> None:
        """Has something done in the event loop's thread; the model's thread calls this."""
        self._loop.call_soon_threadsafe(call)

    def _improved(self, name: Id, job: Job, candidates: Sequence[Candidate]) -> None:
        if job.given_up is None:
            self.send(protocol.Suggestions(name, tuple(candidates)))

    def _finished(self, name: Id, job: Job, done: Completion | None) -> None:
        if job is self._job:
            self._job = None
            self._idle.set()
        if done is None:
            failed = "the completion failed; the daemon's log has the kind of error"
            self.send(protocol.Error(Code.INTERNAL, failed, name))
            return
        if done.reason in (Reason.COMPLETE, Reason.SUPPRESSED):
            self._server.figures.answered(done.timing.total_ms)
        self.send(
            protocol.Done(
                name, done.reason, done.suppression, done.candidates, done.timing.rounded()
            )
        )
