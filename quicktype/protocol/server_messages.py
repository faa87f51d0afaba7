"""What the daemon answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from quicktype.protocol import fields
from quicktype.protocol.fields import Id, Object, ProtocolError, without_nothing
from quicktype.suggestion import Candidate, Word

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The model that answers."""

    name: str
    parameters: int
    context: int
    template: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """Answers `Hello`."""

    kind: ClassVar[str] = "welcome"
    protocol: int
    server: str
    model: ModelInfo

    def to_json(self) -> Object:
        """As on the wire."""
        return {"type": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, value: Object) -> Welcome:
        """Raises ProtocolError."""
        model = fields.object_of(value, "model")
        return cls(
            fields.integer(value, "protocol", None, 0, 1 << 31),
            fields.text(value, "server"),
            ModelInfo(
                fields.text(model, "name"),
                fields.integer(model, "parameters", None, 0, 1 << 62),
                fields.integer(model, "context", None, 0, 1 << 31),
                fields.text(model, "template"),
            ),
        )


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Better candidates than any before for this request."""

    kind: ClassVar[str] = "suggestions"
    id: Id
    candidates: tuple[Candidate, ...]

    def to_json(self) -> Object:
        """As on the wire."""
        return {
            "type": self.kind,
            "id": self.id,
            "candidates": [candidate_json(c) for c in self.candidates],
        }

    @classmethod
    def from_json(cls, value: Object) -> Suggestions:
        """Raises ProtocolError."""
        return cls(fields.required_id(value), _candidates(value))


@dataclass(frozen=True, slots=True)
class Timing:
    """Where the time of a request went, in milliseconds, and how many tokens it took.

    `decoded_tokens` counts each branch of a pass.
    """

    queue_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    total_ms: float = 0.0
    prompt_tokens: int = 0
    reused_tokens: int = 0
    decoded_tokens: int = 0

    def rounded(self) -> Timing:
        """The same, to the microsecond."""
        return replace(
            self,
            queue_ms=round(self.queue_ms, 3),
            prefill_ms=round(self.prefill_ms, 3),
            decode_ms=round(self.decode_ms, 3),
            total_ms=round(self.total_ms, 3),
        )

    @classmethod
    def from_json(cls, value: Object) -> Timing:
        """Raises ProtocolError."""
        queue, prefill, decode, total = (
            fields.number(value, name)
            for name in ("queue_ms", "prefill_ms", "decode_ms", "total_ms")
        )
        prompt, reused, decoded = (
            fields.integer(value, name, None, 0, 1 << 31)
            for name in ("prompt_tokens", "reused_tokens", "decoded_tokens")
        )
        return cls(queue, prefill, decode, total, prompt, reused, decoded)


@dataclass(frozen=True, slots=True)
class Done:
    """The one last answer to a request."""

    kind: ClassVar[str] = "done"
    id: Id
    reason: str
    suppression: str | None = None
    candidates: tuple[Candidate, ...] = ()
    timing: Timing = field(default_factory=Timing)

    def to_json(self) -> Object:
        """As on the wire."""
        return {
            "type": self.kind,
            "id": self.id,
            "reason": self.reason,
            "suppression": self.suppression,
            "candidates": [candidate_json(c) for c in self.candidates],
            "timing": asdict(self.timing),
        }

    @classmethod
    def from_json(cls, value: Object) -> Done:
        """Raises ProtocolError."""
        return cls(
            fields.required_id(value),
            fields.text(value, "reason"),
            fields.optional_text(value, "suppression"),
            _candidates(value),
            Timing.from_json(fields.object_of(value, "timing")),
        )


@dataclass(frozen=True, slots=True)
class Ok:
    """It was done."""

    kind: ClassVar[str] = "ok"
    id: Id | None = None

    def to_json(self) -> Object:
        """As on the wire."""
        return without_nothing(type=self.kind, id=self.id)

    @classmethod
    def from_json(cls, value: Object) -> Ok:
        """Raises ProtocolError."""
        return cls(fields.read_id(value))


@dataclass(frozen=True, slots=True)
class Error:
    """It could not be done; the connection lives on."""

    kind: ClassVar[str] = "error"
    code: str
    message: str
    id: Id | None = None

    def to_json(self) -> Object:
        """As on the wire."""
        return without_nothing(type=self.kind, id=self.id, code=self.code, message=self.message)

    @classmethod
    def from_json(cls, value: Object) -> Error:
        """Raises ProtocolError."""
        return cls(fields.text(value, "code"), fields.text(value, "message"), fields.read_id(value))


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of the newest requests' total time, in milliseconds; zero before the first."""

    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0


@dataclass(frozen=True, slots=True)
class StatusReport:
    """How the daemon is."""

    kind: ClassVar[str] = "status"
    pid: int
    model: str
    uptime_s: float
    requests: int
    latency_ms: Latency
    memory_mb: float
    learning: bool
    id: Id | None = None

    def to_json(self) -> Object:
        """As on the wire."""
        return without_nothing(type=self.kind, **asdict(self))

    @classmethod
    def from_json(cls, value: Object) -> StatusReport:
        """Raises ProtocolError."""
        latency = fields.object_of(value, "latency_ms")
        return cls(
            fields.integer(value, "pid", None, 0, 1 << 31),
            fields.text(value, "model"),
            fields.number(value, "uptime_s"),
            fields.integer(value, "requests", None, 0, 1 << 62),
            Latency(*(fields.number(latency, name) for name in ("p50", "p95", "p99"))),
            fields.number(value, "memory_mb"),
            fields.flag(value, "learning", default=False),
            fields.read_id(value),
        )


ServerMessage = Welcome | Suggestions | Done | Ok | Error | StatusReport

_READERS: dict[str, Callable[[Object], ServerMessage]] = {
    kind.kind: kind.from_json for kind in (Welcome, Suggestions, Done, Ok, Error, StatusReport)
}


def decode_server(line: bytes) -> ServerMessage:
    """The message of a daemon's line; raises ProtocolError."""
    value = fields.parse(line)
    kind = fields.text(value, "type")
    if kind not in _READERS:
        raise ProtocolError(f"the daemon said {kind}, which this client does not know")
    return _READERS[kind](value)


def candidate_json(candidate: Candidate) -> Object:
    """A candidate as on the wire."""
    return {
        "text": candidate.text,
        "confidence": candidate.confidence,
        "words": [{"text": word.text, "confidence": word.confidence} for word in candidate.words],
    }


def _candidates(value: Object) -> tuple[Candidate, ...]:
    return tuple(_candidate(item) for item in fields.list_of(value, "candidates"))


def _candidate(value: Object) -> Candidate:
    words = fields.list_of(value, "words")
    try:
        return Candidate(
            tuple(Word(fields.text(w, "text"), fields.number(w, "confidence")) for w in words)
        )
    except ProtocolError:
        raise
    except ValueError as error:
        raise ProtocolError("a candidate's words are not its text") from error
