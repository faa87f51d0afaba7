"""From a conversation and a draft to the tokens to read and the letters that must follow.

The draft's last word is not tokenised: the caret may stand in the middle of a token
("thei|chols"), and a model that has read the tokens of "thei" has been told that "their" is not
what is coming. So the prompt ends before that word, with its space, and its letters are *forced*:
the search may choose any tokens that spell them. An empty draft forces one space, the one that
opens every message; a draft that ends in a space forces that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from quicktype.conversation import Conversation, Turn
from quicktype.prompt import render

if TYPE_CHECKING:
    from engine.tokenizer import Tokenizer
    from quicktype.completer.vocabulary import Vocabulary
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


class Prompter:
    """Renders prompts for one model; keeps the tokens of the turns that it has seen lately.

    What does not fit into `context` is dropped from the oldest on, in steps of a quarter of the
    room: while a draft grows, the prompt's beginning stays as it is for many keys, and so does its
    KV cache.
    """

    def __init__(
        self, tokenizer: Tokenizer, vocabulary: Vocabulary, template: PromptTemplate, context: int
    ) -> None:
        self._tokenizer = tokenizer
        self._vocabulary = vocabulary
        self._template = template
        self._room = context - min(_MAX_RESERVE, context // 4)
        self._begin = tokenizer.marker(template.begin)
        self._markers = {name: tokenizer.marker(name) for name in (*template.roles, template.end)}
        self._encode = lru_cache(_CACHED_TURNS)(self._encode_message)

    def prompt(self, conversation: Conversation, speaker: str, before: str) -> Prompt:
        """The prompt for `speaker`, who has typed `before`; it leaves room for what follows."""
        settled, forced = self._split(_clean(before)[-_MAX_CHARACTERS:])
        settled = _newest(settled, self._room // 2, self._room // 8)
        head = [self._begin]
        tail = [self._markers[self._template.me], *settled]
        turns = self._turns(conversation, speaker, self._room - len(head) - len(tail))
        return Prompt([*head, *turns, *tail], forced)

    def _turns(self, conversation: Conversation, speaker: str, room: int) -> list[int]:
        """The newest turns' tokens, at most `room`; of a newest turn that is longer, its end."""
        kept = self._kept(conversation, room)
        tokens: list[int] = []
        for message in render(kept, speaker, self._template):
            spoken = self._encode(message.text)
            tokens += [self._markers[message.role], *spoken, self._markers[self._template.end]]
        if len(tokens) > room:
            tokens = [tokens[0], *_newest(tokens[1:], room - 1, self._room // 4)]
        return tokens

    def _kept(self, conversation: Conversation, room: int) -> Conversation:
        turns = conversation.turns
        skipped = max(0, len(turns) - _MAX_TURNS + _TURN_STEP - 1) // _TURN_STEP * _TURN_STEP
        turns = tuple(Turn(t.speaker, _clean(t.text)[-_MAX_CHARACTERS:]) for t in turns[skipped:])
        sizes = [len(self._encode(turn.text)) + 2 for turn in turns]
        excess = _in_steps(sum(sizes) - room, self._room // 4)
        first = 0
        while excess > 0 and first < len(turns) - 1:
            excess -= sizes[first]
            first += 1
        return Conversation(turns[first:])

    def _split(self, before: str) -> tuple[tuple[int, ...], bytes]:
        """The tokens of the draft up to its last word, and that word's bytes."""
        word = len(before)
        while word and not before[word - 1].isspace():
            word -= 1
        settled = before[: word - 1] if before[word - 1 : word] == " " else before[:word]
        tokens = self._encode(settled)
        forced = _spoken(before)[len(_spoken(settled)) if settled else 0 :]
        return (tokens, forced) if len(forced) <= _MAX_FORCED else self._split_long(before)

    def _split_long(self, before: str) -> tuple[tuple[int, ...], bytes]:
        """As `_split`, but only the last bytes of a long word are forced, from a token's begin on.

        Forcing takes a decoding pass for each token, and what lies far before the caret in a long
        word is tokenised as the model learned it anyway.
        """
        tokens = self._encode(before)
        spoken = _spoken(before)
        position = count = 0
        while len(spoken) - position > _MAX_FORCED or _inside_character(spoken, position):
            position += len(self._vocabulary.pieces[tokens[count]])
            count += 1
        return tokens[:count], spoken[position:]

    def _encode_message(self, text: str) -> tuple[int, ...]:
        """A message's tokens; exactly its bytes, even where the text looks like a marker."""
        if not text:
            return ()
        tokens = self._tokenizer.encode(text)
        if self._vocabulary.join(tokens) != _spoken(text):
            tokens = self._vocabulary.spell(_spoken(text))
        return tuple(tokens)


def _spoken(text: str) -> bytes:
    """A message's bytes as its tokens spell them: with a space in front."""
    return b" " + text.encode()


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
