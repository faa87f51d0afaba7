"""The words that may stand next at the caret, found exactly where it matters.

A search over token sequences, the most probable first. They must spell the forced letters: a token
may be a part of what is still forced, or go on past it; all tokenisations count, and those that
lead to the same word add up. Then each sequence grows until its word may end. A word's probability
is

    sum over its tokenisations of P(tokens) * P(the next token goes on with no word) / P(typed)

where the first factor is the chance that the text goes on like this, the second that the word ends
here, and P(typed) that it spells the forced letters. So "tomorrow" counts what ends in "tomorrow?"
and what goes on with "tomorrow at" alike. No descendant of a sequence is more probable than the
sequence itself, so the search may stop once the best one that was not read yet is less probable
than the words found.

Others may know words, too, such as n-grams of the language. They have a fixed part in what is said
in the end: `_OTHERS_SHARE` of a word's probability is theirs, the rest the model's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import nlargest
from math import exp
from typing import TYPE_CHECKING

import numpy as np

from quicktype.completer.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from quicktype.completer.decoding import Read, Reader
    from quicktype.completer.vocabulary import Vocabulary

_NEGLIGIBLE = 1e-3
"""Words less probable than this, given what was typed, are not looked for."""
_NEGLIGIBLE_SPELLING = 1e-2
"""Ways to spell as much that have less than this share of the best are not followed."""
_NATS_PER_BYTE = 1.0
"""What spelling a byte costs, as a guess: so far does a sequence that spells less lag behind."""
_MAX_PASSES = 8
"""Passes for words; every byte that is forced allows one more."""
_OTHERS_SHARE = 0.3
"""What was best on chats that nothing here was trained on; from 0.2 to 0.4 it hardly matters."""
_MAX_QUEUE = 24
"""Sequences that wait to be read; each keeps a part of the KV cache in use."""


@dataclass(frozen=True, slots=True)
class _Sequence:
    """Tokens, by their probability, what is still forced after them, and what they say anew."""

    probability: float
    forced: bytes
    text: bytes


@dataclass(frozen=True, slots=True, eq=False)
class _Unread:
    """A sequence whose last token was not read yet; what came before it, was."""

    sequence: _Sequence
    parent: Read
    token: int


@dataclass(slots=True)
class FirstWord:
    """A word that may come next: how probable it is, and its likeliest tokenisation, as read."""

    text: str
    probability: float = 0.0
    likeliest: float = 0.0
    read: Read | None = field(default=None, repr=False)

    def add(self, probability: float, read: Read) -> None:
        """Count one more tokenisation."""
        self.probability += probability
        if probability > self.likeliest:
            self.likeliest, self.read = probability, read


class FirstWords:
    """The search for one draft: `run` it, then ask for the `best`.

    `wanted` words are looked for, with up to `width` branches a pass; `others` are words that are
    known already, with their probabilities. With a `threshold`, words that could not reach it once
    the better ones are ruled out are not looked for.
    """

    def __init__(
        self,
        reader: Reader,
        vocabulary: Vocabulary,
        wanted: int,
        width: int,
        threshold: float,
        others: Mapping[str, float],
    ) -> None:
        self._reader = reader
        self._vocabulary = vocabulary
        self._wanted = wanted
        self._width = width
        self._others = {word: _OTHERS_SHARE * share for word, share in others.items()}
        self._share = 1 - _OTHERS_SHARE if others else 1.0
        helped = max(self._others.values(), default=0.0)
        self._threshold = max(0.0, (threshold - helped) / self._share)
        self._typed = self._ended = 0.0
        self._spaced = False
        self._before = ""
        self._spelled: dict[int, float] = {}
        self._words: dict[str, FirstWord] = {}
        self._queue: list[_Unread] = []

    def run(self, root: Read, forced: bytes) -> None:
        """Search on from a prompt. Raises decoding.Stopped; what was found until then stays."""
        self._spaced = forced.endswith(b" ") or not forced
        self._before = forced.decode(errors="replace")
        self._typed = 0.0 if forced else 1.0
        self._grow(_Sequence(1.0, forced, b""), root)
        last_pass = self._reader.passes + _MAX_PASSES + len(forced)
        while self._reader.passes < last_pass and (batch := self._take_batch()):
            reads = self._reader.decode([(unread.parent, unread.token) for unread in batch])
            for unread, read in zip(batch, reads, strict=True):
                self._grow(unread.sequence, read)

    def best(self) -> list[FirstWord]:
        """The most probable words, best first, with probabilities given what was typed."""
        found = {text: FirstWord(text, share) for text, share in self._others.items()}
        for text, word in self._words.items():
            share = self._share * self._given_typed(word.probability) + self._others.get(text, 0.0)
            found[text] = FirstWord(text, share, self._given_typed(word.likeliest), word.read)
        return nlargest(self._wanted, found.values(), key=lambda word: word.probability)

    @property
    def message_ends(self) -> float:
        """The probability that the message ends at the caret, given what was typed."""
        return self._given_typed(self._ended)

    def _given_typed(self, probability: float) -> float:
        return min(1.0, probability / self._typed) if self._typed > 0 else 0.0

    def _take_batch(self) -> list[_Unread]:
        """The most promising sequences that are worth a place in the next pass.

        Half of the places go to those that have spelled all: what was typed may be so improbable
        that any beginning of another spelling seems to promise more.
        """
        queue = sorted(self._queue, key=self._promise, reverse=True)
        words = self._wanted_words([u for u in queue if not u.sequence.forced])
        spellings = [u for u in queue if u.sequence.forced and self._spells_well(u)]
        half = self._width // 2
        rest = nlargest(self._width, words[half:] + spellings, key=self._promise)
        batch = (words[:half] + rest)[: self._width]
        self._queue = [unread for unread in queue if unread not in batch][:_MAX_QUEUE]
        return batch

    def _spells_well(self, unread: _Unread) -> bool:
        """Whether a way to spell is worth following, next to those that spelled as much, or all."""
        sequence = unread.sequence
        rivals = self._spelled[len(sequence.forced)]
        return (
            sequence.probability > _NEGLIGIBLE_SPELLING * rivals
            and self._promise(unread) > _NEGLIGIBLE_SPELLING * self._typed
        )

    def _promise(self, unread: _Unread) -> float:
        """The probability that it will have once all is spelled; a guess while it is not."""
        to_spell = len(unread.sequence.forced)
        return unread.sequence.probability * exp(-_NATS_PER_BYTE * to_spell)

    def _wanted_words(self, queue: list[_Unread]) -> list[_Unread]:
        """Of sequences that have spelled all, best first, those whose word would be wanted.

        With a threshold, a word must reach it given that all words above it are wrong.
        """
        floor = self._floor()
        left = self._typed - sum(self._best_probabilities())
        wanted = []
        for unread in queue:
            probability = unread.sequence.probability
            if probability <= floor or probability < self._threshold * left:
                break
            wanted.append(unread)
            left -= probability
        return wanted

    def _floor(self) -> float:
        """What a sequence must exceed to make a word that is among the best."""
        best = self._best_probabilities()
        last = best[-1] if len(best) == self._wanted else 0.0
        return max(_NEGLIGIBLE * self._typed, last)

    def _best_probabilities(self) -> list[float]:
        return nlargest(self._wanted, (word.probability for word in self._words.values()))

    def _grow(self, sequence: _Sequence, read: Read) -> None:
        if sequence.forced:
            self._spell(sequence, read)
        elif sequence.text.strip():
            self._end_word(sequence, read)
        else:
            self._begin_word(sequence, read)

    def _spell(self, sequence: _Sequence, read: Read) -> None:
        """Go on with all tokens that spell the forced bytes, a part of them, or them and more."""
        forced = sequence.forced
        beyond = self._vocabulary.beginning_with(forced)
        self._typed += sequence.probability * float(read.next.tokens[beyond].sum())
        self._queue_up(sequence, read, self._likeliest(read.next.tokens, beyond))
        self._queue_up(sequence, read, self._vocabulary.prefixes_of(forced))

    def _begin_word(self, sequence: _Sequence, read: Read) -> None:
        """All that was typed is spelled and no letter is new: anything may come, or the end."""
        if not sequence.text:
            self._ended += sequence.probability * read.next.of(Kind.ENDS)
        spaced = sequence.text or self._spaced
        self._follow(sequence, read, Kind.PUNCTUATES if spaced else Kind.SPACES)

    def _end_word(self, sequence: _Sequence, read: Read) -> None:
        """Count the word as it is, and go on with its next letters."""
        try:
            text = sequence.text.decode()
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                return
        else:
            self._count_word(text, sequence.probability, read)
        self._follow(sequence, read, Kind.CONTINUES)

    def _count_word(self, text: str, probability: float, read: Read) -> None:
        """Count a word that may end here; if it ends as a tag, the message was over before it."""
        if self._vocabulary.says_tag(self._before, text):
            return
        tagged = read.next.finishes_tag(self._vocabulary, self._before + text)
        self._ended += probability * tagged
        word = self._words.setdefault(text, FirstWord(text))
        word.add(probability * (read.next.word_ends - tagged), read)

    def _follow(self, sequence: _Sequence, read: Read, kind: Kind) -> None:
        """Go on with the likeliest tokens up to that kind: letters, signs, spaces in this order."""
        floor = self._floor() / sequence.probability
        tokens = np.flatnonzero(read.next.tokens > floor)
        allowed = tokens[self._vocabulary.kinds[tokens] <= kind]
        self._queue_up(sequence, read, self._likeliest(read.next.tokens, allowed))

    def _likeliest(
        self, probabilities: NDArray[np.float32], tokens: NDArray[np.int64]
    ) -> list[int]:
        count = self._width + self._wanted
        if len(tokens) > count:
            tokens = tokens[np.argpartition(probabilities[tokens], -count)[-count:]]
        return [int(token) for token in tokens]

    def _queue_up(self, sequence: _Sequence, read: Read, tokens: Iterable[int]) -> None:
        for token in tokens:
            piece = self._vocabulary.pieces[token]
            text = sequence.text + piece[len(sequence.forced) :]
            if sequence.forced and self._spaced and text.startswith(b" "):
                continue  # a second space
            probability = sequence.probability * float(read.next.tokens[token])
            if probability > 0:
                grown = _Sequence(probability, sequence.forced[len(piece) :], text)
                self._queue.append(_Unread(grown, read, token))
                left = len(grown.forced)
                self._spelled[left] = max(probability, self._spelled.get(left, 0.0))
