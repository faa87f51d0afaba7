"""Who completes: the daemon when one runs, else a model in this process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from quicktype.client import Client
    from quicktype.completer import Completer
    from quicktype.completer.talking import Talker
    from quicktype.conversation import Conversation
    from quicktype.draft import Draft
    from quicktype.playground.partner import Partner
    from quicktype.playground.suggester import Suggester
    from quicktype.protocol import Done
    from quicktype.suggestion import Candidate

    OnCandidates = Callable[[Sequence[Candidate]], None]


MAX_CHARACTERS = 64_000
"""Of a longer conversation only the end is sent: still far more than any model looks at."""
_ID = 1


@dataclass(frozen=True, slots=True)
class Query:
    """What `quicktype complete` asks."""

    conversation: Conversation
    speaker: str
    draft: Draft
    candidates: int
    words: int
    gate: bool


class Source(Protocol):
    """Answers queries; a context manager."""

    name: str
    """For people, after a time: "3 ms by the daemon"."""

    def complete(self, query: Query, on_candidates: OnCandidates) -> Done:
        """The last word on a query; `on_candidates` sees the better and better ones before."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_source(model: str | None) -> Source:
    """The running daemon, unless a model is named; else that model, or the usual one, here."""
    client = None if model else _daemon()
    if client is not None:
        return _DaemonSource(client)
    from quicktype.cli.local import load_background, load_checkpoint, make_completer

    return _LocalSource(make_completer(load_checkpoint(model), load_background(model)))


def open_suggester(model: str | None, threads: int = 1) -> Suggester:
    """The same choice for the playground; here the model gets ready in the background."""
    client = None if model else _daemon()
    if client is not None:
        from quicktype.playground.through_daemon import DaemonSuggester

        client.close()
        return DaemonSuggester()
    from quicktype.cli.local import load_background, load_checkpoint, make_completer
    from quicktype.playground.in_process import InProcessSuggester

    checkpoint, background = load_checkpoint(model), load_background(model)
    return InProcessSuggester(
        lambda notify: make_completer(checkpoint, background, threads, notify)
    )


def open_partner(model: str | None, threads: int = 1) -> Partner:
    """That model, or the usual one, as a partner to chat with; it gets ready in the background."""
    from quicktype.cli.local import load_checkpoint
    from quicktype.playground.model_partner import ModelPartner

    checkpoint = load_checkpoint(model)

    def make_talker(notify: Callable[[str], None]) -> Talker:
        from engine.model import Model
        from engine.session import Session
        from quicktype.completer.talking import Talker

        loaded = Model(checkpoint, notify=notify)
        return Talker(loaded, session=Session(loaded, threads=threads))

    return ModelPartner(make_talker)


def _daemon() -> Client | None:
    """A connection to the daemon, if one runs."""
    from quicktype.client import Client, NoDaemonError

    try:
        return Client()
    except NoDaemonError:
        return None


class _DaemonSource:
    """The daemon at the other end of a connection."""

    name = "by the daemon"

    def __init__(self, client: Client) -> None:
        self._client = client

    def complete(self, query: Query, on_candidates: OnCandidates) -> Done:
        """Asks the daemon."""
        from quicktype.cli.failures import Failure
        from quicktype.client import DaemonError
        from quicktype.protocol import Complete, Limits

        message = Complete(
            id=_ID,
            speaker=query.speaker,
            draft=query.draft,
            conversation=query.conversation.newest(MAX_CHARACTERS),
            limits=Limits(query.candidates, query.words),
            gate=query.gate,
        )
        try:
            return self._client.complete(message, lambda better: on_candidates(better.candidates))
        except DaemonError as error:
            raise Failure(f"{error}; to do without it: quicktype stop") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the connection."""
        self._client.close()


class _LocalSource:
    """A completer in this process."""

    name = "in this process"

    def __init__(self, completer: Completer) -> None:
        self._completer = completer

    def complete(self, query: Query, on_candidates: OnCandidates) -> Done:
        """Computes the answer here."""
        from quicktype.completer import CompletionRequest
        from quicktype.protocol import Done

        request = CompletionRequest(
            query.conversation.newest(MAX_CHARACTERS),
            query.speaker,
            query.draft,
            candidates=query.candidates,
            words=query.words,
            gate=query.gate,
        )
        found = self._completer.complete(request, on_candidates=on_candidates)
        return Done(_ID, found.reason, found.suppression, found.candidates, found.timing.rounded())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to close."""
