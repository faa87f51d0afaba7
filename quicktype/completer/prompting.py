"""From a conversation and a draft to the tokens to read and the letters that must follow.

The draft's last word is not tokenised: the caret may stand in the middle of a token
("thei|chols"), and a model that has read the tokens of "thei" has been told that "their" is not
what is coming. So the prompt ends before that word, with its space, and its letters are *forced*:
the search may choose any tokens that spell them. A draft that ends in a space forces that one. So
does an empty draft where a message's first word is spelled with a space; where it is not, nothing
is forced.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from quicktype.conversation import Conversation, Turn
from quicktype.prompt import PromptEncoder, render, spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.tokenizer import Tokenizer
    from quicktype.prompt import PromptTemplate

_MAX_FORCED = 16
_MAX_RESERVE = 48
_MAX_TURNS, _TURN_STEP = 256, 64
_MAX_CHARACTERS = 8192
_CACHED_TURNS = 2048


@dataclass(frozen=True, slots=True)
class Prompt:
    """Tokens to prefill, and the bytes with which what follows must begin."""

    tokens: list[int]
    forced: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """Tokens to prefill; with `spaced`, what follows brings a space that is no text."""

    tokens: list[int]
    spaced: bool


class _Frame(NamedTuple):
    """A prompt up to the text that is being typed: the tokens that stay at its head, and others.

    `typed` is that text; with `spaced` it is spelled with a space in front.
    """

    head: tuple[int, ...]
    rest: list[int]
    typed: str
    spaced: bool


class Prompter:
    """Renders prompts for one model; keeps the tokens of the turns that it has seen lately.

    What does not fit into `context` is dropped from the oldest on, in steps of a quarter of the
    room: while a draft grows, the prompt's beginning stays as it is for many keys, and so does its
    KV cache. Raises ValueError if the tokenizer lacks one of the template's markers.
    """

    def __init__(self, tokenizer: Tokenizer, template: PromptTemplate, context: int) -> None:
        self._pieces = tokenizer.pieces
        self._template = template
        self._room = context - min(_MAX_RESERVE, context // 4)
        self._encoder = PromptEncoder(tokenizer, template)
        self._encode = lru_cache(_CACHED_TURNS)(self._encode_text)
        roles = [(a, b) for a in template.roles for b in template.roles]
        gaps = [self._encoder.gap(a.closing + b.opening, inside=True) for a, b in roles]
        self._around_text = max(len(gap.tokens) for gap in gaps)
        self._spaced = gaps[0].spaced

    def prompt(
        self, conversation: Conversation, me: str, before: str, speaker: str | None = None
    ) -> Prompt:
        """The prompt for what `speaker` has begun to write; it leaves room for what follows.

        The conversation is seen by `me`, who by default is the one who writes.
        """
        frame = self._frame(conversation, me, speaker, before)
        settled, forced = self._split(frame.typed, spaced=frame.spaced)
        return Prompt(self._fitted(frame, settled), forced)

    def opening(
        self, conversation: Conversation, me: str, before: str, speaker: str | None = None
    ) -> Opening:
        """As `prompt`, but all of the draft is settled, and `speaker` is to go on behind it."""
        frame = self._frame(conversation, me, speaker, before)
        settled = _newest(self._encode(frame.typed, frame.spaced), self._room // 2, self._room // 8)
        return Opening(self._fitted(frame, settled), frame.spaced and not frame.typed)

    def _frame(
        self, conversation: Conversation, me: str, speaker: str | None, before: str
    ) -> _Frame:
        draft = Turn(me if speaker is None else speaker, _clean(before)[-_MAX_CHARACTERS:])
        turns = self._kept(conversation.turns, draft)
        *messages, typed = render(Conversation((*turns, draft)), me, self._template)
        gap = self._encoder.begin(messages[0] if messages else typed)
        head = gap.tokens
        rest: list[int] = []
        for message, following in zip(messages, (*messages, typed)[1:], strict=True):
            rest += self._encode(message.text, gap.spaced)
            gap = self._encoder.between(message, following)
            rest += gap.tokens
        return _Frame(head, rest, typed.text, gap.spaced)

    def _fitted(self, frame: _Frame, settled: tuple[int, ...]) -> list[int]:
        room = self._room - len(frame.head) - len(settled)
        return [*frame.head, *_newest(frame.rest, room, self._room // 4), *settled]

    def _kept(self, turns: Sequence[Turn], draft: Turn) -> list[Turn]:
        """The newest turns, as many as there is room for."""
        skipped = max(0, len(turns) - _MAX_TURNS + _TURN_STEP - 1) // _TURN_STEP * _TURN_STEP
        kept = [Turn(t.speaker, _clean(t.text)[-_MAX_CHARACTERS:]) for t in turns[skipped:]]
        sizes = [len(self._encode(turn.text, self._spaced)) + self._around_text for turn in kept]
        settled, _ = self._split(draft.text, spaced=self._spaced)
        wanted = sum(sizes) + self._around_text + len(settled)
        excess = _in_steps(wanted - self._room, self._room // 4)
        first = 0
        while excess > 0 and first < len(kept) - 1:
            excess -= sizes[first]
            first += 1
        return kept[first:]

    def _split(self, before: str, *, spaced: bool) -> tuple[tuple[int, ...], bytes]:
        """The newest tokens of what was typed up to its last word, and that word's bytes."""
        settled, forced = self._at_last_word(before, spaced=spaced)
        return _newest(settled, self._room // 2, self._room // 8), forced

    def _at_last_word(self, before: str, *, spaced: bool) -> tuple[tuple[int, ...], bytes]:
        word = len(before)
        while word and not before[word - 1].isspace():
            word -= 1
        settled = before[: word - 1] if before[word - 1 : word] == " " else before[:word]
        read = len(spelled(settled, spaced=spaced)) if settled else 0
        forced = spelled(before, spaced=spaced)[read:]
        if len(forced) <= _MAX_FORCED:
            return self._encode(settled, spaced), forced
        return self._inside_long_word(before, spaced=spaced)

    def _inside_long_word(self, before: str, *, spaced: bool) -> tuple[tuple[int, ...], bytes]:
        """As `_at_last_word`, but of a long word only the last bytes are forced.

        They begin where a token does. Forcing takes a decoding pass for each token, and what lies
        far before the caret in a long word is tokenised as the model learned it anyway.
        """
        tokens = self._encode(before, spaced)
        spoken = self._encoder.join(tokens)
        position = count = 0
        while len(spoken) - position > _MAX_FORCED or _inside_character(spoken, position):
            position += len(self._pieces[tokens[count]])
            count += 1
        return tokens[:count], spoken[position:]

    def _encode_text(self, text: str, spaced: bool) -> tuple[int, ...]:
        return tuple(self._encoder.text(text, spaced=spaced))


def _clean(text: str) -> str:
    """The text with lone surrogates, which have no UTF-8, replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _inside_character(text: bytes, position: int) -> bool:
    return position < len(text) and text[position] & 0xC0 == 0x80


def _in_steps(excess: int, step: int) -> int:
    """The excess rounded up to a multiple of `step`; 0 if there is none."""
    step = max(1, step)
    return max(0, (excess + step - 1) // step * step)


def _newest(tokens: tuple[int, ...] | list[int], room: int, step: int) -> tuple[int, ...]:
    return tuple(tokens[_in_steps(len(tokens) - room, step) :])
