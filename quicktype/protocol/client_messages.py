"""What a client says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from quicktype.conversation import Conversation
from quicktype.draft import Draft
from quicktype.protocol import fields
from quicktype.protocol.fields import Code, Id, Object, ProtocolError, without_nothing

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CANDIDATES = 8
MAX_WORDS = 16
EVENTS = ("shown", "accepted", "dismissed", "typed_over")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many candidates, of how many words, within how many milliseconds of the request.

    `threshold` is how sure a word must be to be worth showing; None leaves that to the daemon.
    """

    candidates: int = 3
    words: int = 8
    deadline_ms: float | None = None
    threshold: float | None = None

    def to_json(self) -> Object:
        """As on the wire."""
        return without_nothing(
            candidates=self.candidates,
            words=self.words,
            deadline_ms=self.deadline_ms,
            threshold=self.threshold,
        )

    @classmethod
    def from_json(cls, value: Object) -> Limits:
        """Raises ProtocolError for limits out of range."""
        return cls(
            fields.integer(value, "candidates", 3, 1, MAX_CANDIDATES),
            fields.integer(value, "words", 8, 1, MAX_WORDS),
            None if value.get("deadline_ms") is None else fields.number(value, "deadline_ms"),
            None if value.get("threshold") is None else fields.number(value, "threshold"),
        )


@dataclass(frozen=True, slots=True)
class Hello:
    """Optional greeting; answered with `Welcome`."""

    kind: ClassVar[str] = "hello"
    protocol: int
    client: str = ""

    def to_json(self) -> Object:
        """As on the wire."""
        return {"type": self.kind, "protocol": self.protocol, "client": self.client}

    @classmethod
    def from_json(cls, value: Object) -> Hello:
        """Raises ProtocolError."""
        return cls(
            fields.integer(value, "protocol", None, 0, 1 << 31), fields.text(value, "client", "")
        )


@dataclass(frozen=True, slots=True)
class Complete:
    """How does `speaker` go on? The conversation is given, or named by its `conversation_id`."""

    kind: ClassVar[str] = "complete"
    id: Id
    speaker: str
    draft: Draft
    conversation: Conversation | None = None
    conversation_id: str | None = None
    app: str | None = None
    partner: str | None = None
    limits: Limits = field(default_factory=Limits)
    gate: bool = True

    def to_json(self) -> Object:
        """As on the wire."""
        return without_nothing(
            type=self.kind,
            id=self.id,
            **_conversation_json(self.conversation, self.conversation_id),
            speaker=self.speaker,
            draft={"before": self.draft.before, "after": self.draft.after},
            app=self.app,
            partner=self.partner,
            limits=self.limits.to_json(),
            gate=self.gate,
        )

    @classmethod
    def from_json(cls, value: Object) -> Complete:
        """Raises ProtocolError."""
        draft = fields.object_of(value, "draft")
        conversation, conversation_id = _conversation(value)
        return cls(
            id=fields.required_id(value),
            speaker=fields.text(value, "speaker"),
            draft=Draft(fields.text(draft, "before", ""), fields.text(draft, "after", "")),
            conversation=conversation,
            conversation_id=conversation_id,
            app=fields.optional_text(value, "app"),
            partner=fields.optional_text(value, "partner"),
            limits=Limits.from_json(fields.object_of(value, "limits")),
            gate=fields.flag(value, "gate", default=True),
        )


@dataclass(frozen=True, slots=True)
class Observe:
    """Messages of a conversation that a chat client pushes as they come.

    `speaker` is who among them is the user. Without turns it says that this is the conversation in
    which the user is now.
    """

    kind: ClassVar[str] = "observe"
    conversation_id: str
    turns: Conversation
    app: str | None = None
    partner: str | None = None
    id: Id | None = None
    speaker: str | None = None

    def to_json(self) -> Object:
        """As on the wire."""
        return without_nothing(
            type=self.kind,
            id=self.id,
            conversation_id=self.conversation_id,
            app=self.app,
            partner=self.partner,
            speaker=self.speaker,
            turns=fields.conversation_json(self.turns),
        )

    @classmethod
    def from_json(cls, value: Object) -> Observe:
        """Raises ProtocolError."""
        return cls(
            fields.text(value, "conversation_id"),
            fields.conversation(value, "turns"),
            fields.optional_text(value, "app"),
            fields.optional_text(value, "partner"),
            fields.read_id(value),
            fields.optional_text(value, "speaker"),
        )


@dataclass(frozen=True, slots=True)
class Cancel:
    """The completion of this id is no longer wanted."""

    kind: ClassVar[str] = "cancel"
    id: Id

    def to_json(self) -> Object:
        """As on the wire."""
        return {"type": self.kind, "id": self.id}

    @classmethod
    def from_json(cls, value: Object) -> Cancel:
        """Raises ProtocolError."""
        return cls(fields.required_id(value))


@dataclass(frozen=True, slots=True)
class Feedback:
    """What became of a suggestion: one of `EVENTS`."""

    kind: ClassVar[str] = "feedback"
    event: str
    text: str = ""
    id: Id | None = None

    def to_json(self) -> Object:
        """As on the wire."""
        return without_nothing(type=self.kind, id=self.id, event=self.event, text=self.text)

    @classmethod
    def from_json(cls, value: Object) -> Feedback:
        """Raises ProtocolError."""
        event = fields.text(value, "event")
        if event not in EVENTS:
            raise ProtocolError(f"event must be one of {', '.join(EVENTS)}")
        return cls(event, fields.text(value, "text", ""), fields.read_id(value))


@dataclass(frozen=True, slots=True)
class Learn:
    """A message that was sent."""

    kind: ClassVar[str] = "learn"
    text: str
    speaker: str
    conversation: Conversation = field(default_factory=Conversation)
    app: str | None = None
    partner: str | None = None
    id: Id | None = None

    def to_json(self) -> Object:
        """As on the wire."""
        return without_nothing(
            type=self.kind,
            id=self.id,
            text=self.text,
            speaker=self.speaker,
            conversation=fields.conversation_json(self.conversation),
            app=self.app,
            partner=self.partner,
        )

    @classmethod
    def from_json(cls, value: Object) -> Learn:
        """Raises ProtocolError."""
        known = "conversation" in value
        return cls(
            fields.text(value, "text"),
            fields.text(value, "speaker"),
            fields.conversation(value, "conversation") if known else Conversation(),
            fields.optional_text(value, "app"),
            fields.optional_text(value, "partner"),
            fields.read_id(value),
        )


@dataclass(frozen=True, slots=True)
class Forget:
    """Take back what was learned: a text, a partner, an app, or all."""

    kind: ClassVar[str] = "forget"
    what: str
    name: str = ""
    id: Id | None = None

    def to_json(self) -> Object:
        """As on the wire."""
        name: str | bool = True if self.what == "all" else self.name
        return without_nothing(type=self.kind, id=self.id, **{self.what: name})

    @classmethod
    def from_json(cls, value: Object) -> Forget:
        """Raises ProtocolError unless exactly one thing is named."""
        named = [what for what in ("text", "partner", "app", "all") if what in value]
        if len(named) != 1:
            raise ProtocolError("forget takes one of text, partner, app, all")
        what = named[0]
        if what == "all":
            if value["all"] is not True:
                raise ProtocolError("all must be true")
            return cls(what, id=fields.read_id(value))
        return cls(what, fields.text(value, what), fields.read_id(value))


@dataclass(frozen=True, slots=True)
class Prepare:
    """A message arrived: read the conversation ahead of the reply."""

    kind: ClassVar[str] = "prepare"
    speaker: str
    conversation: Conversation | None = None
    conversation_id: str | None = None
    id: Id | None = None

    def to_json(self) -> Object:
        """As on the wire."""
        return without_nothing(
            type=self.kind,
            id=self.id,
            **_conversation_json(self.conversation, self.conversation_id),
            speaker=self.speaker,
        )

    @classmethod
    def from_json(cls, value: Object) -> Prepare:
        """Raises ProtocolError."""
        conversation, conversation_id = _conversation(value)
        return cls(
            fields.text(value, "speaker"), conversation, conversation_id, fields.read_id(value)
        )


@dataclass(frozen=True, slots=True)
class _Plain:
    kind: ClassVar[str]
    id: Id | None = None

    def to_json(self) -> Object:
        """As on the wire."""
        return without_nothing(type=self.kind, id=self.id)


@dataclass(frozen=True, slots=True)
class Status(_Plain):
    """How is the daemon? Answered with `StatusReport`."""

    kind: ClassVar[str] = "status"


@dataclass(frozen=True, slots=True)
class Reload(_Plain):
    """Load the weights again, without losing a request; answered with `Ok` when they are in."""

    kind: ClassVar[str] = "reload"


@dataclass(frozen=True, slots=True)
class Shutdown(_Plain):
    """Answer what is open as cancelled, and end; answered with `Ok`."""

    kind: ClassVar[str] = "shutdown"


ClientMessage = (
    Hello
    | Complete
    | Observe
    | Cancel
    | Feedback
    | Learn
    | Forget
    | Prepare
    | Status
    | Reload
    | Shutdown
)

_READERS: dict[str, Callable[[Object], ClientMessage]] = {
    kind.kind: kind.from_json
    for kind in (Hello, Complete, Observe, Cancel, Feedback, Learn, Forget, Prepare)
} | {
    Status.kind: lambda value: Status(fields.read_id(value)),
    Reload.kind: lambda value: Reload(fields.read_id(value)),
    Shutdown.kind: lambda value: Shutdown(fields.read_id(value)),
}


def decode_client(line: bytes) -> ClientMessage:
    """The message of a client's line; unknown fields are ignored.

    Raises ProtocolError, with the request's id where it could be read.
    """
    value = fields.parse(line)
    name = fields.read_id(value)
    try:
        return _reader(value)(value)
    except ProtocolError as error:
        error.id = name
        raise


def _reader(value: Object) -> Callable[[Object], ClientMessage]:
    kind = fields.text(value, "type")
    if kind not in _READERS:
        raise ProtocolError("this type of message is not known", Code.UNSUPPORTED)
    return _READERS[kind]


def _conversation(value: Object) -> tuple[Conversation | None, str | None]:
    """The conversation, or its name; one of the two must be there."""
    name = fields.optional_text(value, "conversation_id")
    if value.get("conversation") is None:
        if name is None:
            raise ProtocolError("conversation or conversation_id is missing")
        return None, name
    return fields.conversation(value, "conversation"), name


def _conversation_json(conversation: Conversation | None, name: str | None) -> Object:
    turns = None if conversation is None else fields.conversation_json(conversation)
    return without_nothing(conversation=turns, conversation_id=name)
