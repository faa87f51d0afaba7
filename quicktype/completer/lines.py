"""From first words to whole suggestions: each goes on along its likeliest way, all in one batch.

A word goes on while its next letter is more probable than its end. Behind a word, the likeliest of
three things happens: the message ends, and so does the line; punctuation follows, and is taken
only if it is nearly certain which, else the line ends; a space follows, and the likeliest next
word.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from quicktype.completer import manners
from quicktype.completer.vocabulary import Kind
from quicktype.suggestion import Candidate, Word, split_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quicktype.completer.decoding import Read, Reader
    from quicktype.completer.first_words import FirstWord
    from quicktype.completer.vocabulary import Vocabulary
    from quicktype.draft import Draft

_SURE_SIGN = 0.7
"""Punctuation is added to a word if it has at least this share of all that may end the word."""
_TOKENS_PER_WORD = 4


@dataclass(frozen=True, slots=True)
class LineRules:
    """Where lines end: how many words, below which confidence, at which text length in tokens."""

    words: int
    threshold: float
    context: int


class Line:
    """One suggestion as it grows."""

    def __init__(
        self, first: FirstWord, read: Read, draft: Draft, rules: LineRules, vocabulary: Vocabulary
    ) -> None:
        self.words = [Word(first.text, first.probability)]
        self._read = read
        self._draft = draft
        self._rules = rules
        self._vocabulary = vocabulary
        self._open = b""
        self._reopened = False
        # All tokenisations' probability stands on the likeliest one, which is followed from here.
        ends = self._word_ends()
        self._probability = min(1.0, first.probability / ends) if ends > 0 else 0.0
        self._tokens = rules.words * _TOKENS_PER_WORD
        self.over = manners.goes_in_circles(draft.before + first.text)
        if self.over:
            self.words.clear()

    def next_step(self) -> tuple[Read, int] | None:
        """The token to read next, or None when the line is over."""
        token = None if self.over or self._is_full() else self._next_token()
        if token is None:
            self.over = True
            return None
        self._open += self._vocabulary.pieces[token]
        self._probability *= float(self._read.next.tokens[token])
        return self._read, token

    def go_on(self, read: Read) -> None:
        """Take note of what comes after the token of `next_step`."""
        self._read = read
        self._tokens -= 1

    def candidate(self) -> Candidate | None:
        """The line as it stands; None if nothing is left."""
        return _standing(self.words, self._draft)

    def _is_full(self) -> bool:
        """Whether nothing can follow: no room, or no confidence that the gate would let through."""
        confidence = min(self.words[-1].confidence, self._probability)
        return (
            self._tokens <= 0
            or confidence < self._rules.threshold
            or self._read.branch.length >= self._rules.context
        )

    def _next_token(self) -> int | None:
        following = self._read.next
        if self._open:
            letter, letter_share = following.best(self._vocabulary, Kind.CONTINUES)
            if not self._open.strip():
                sign, sign_share = following.best(self._vocabulary, Kind.PUNCTUATES)
                return letter if letter_share >= sign_share else sign
            if letter_share > following.word_ends:
                return letter
            if not self._close_word():
                return None
        return self._token_behind_word()

    def _token_behind_word(self) -> int | None:
        following = self._read.next
        signs, spaces = following.of(Kind.PUNCTUATES), following.of(Kind.SPACES)
        if following.of(Kind.ENDS) >= max(signs, spaces) or self._sentence_is_over():
            return None
        if signs > spaces:
            sign, share = following.best(self._vocabulary, Kind.PUNCTUATES)
            if share < _SURE_SIGN * following.word_ends:
                return None
            if self._says_tag(self._said() + self._vocabulary.pieces[sign].decode(errors="ignore")):
                self.words.pop()  # what looked like a word was a name before a colon
                return None
            self._open, self._reopened = self.words[-1].text.encode(), True
            return sign
        if len(self.words) == self._rules.words or self._is_full():
            return None
        return following.best(self._vocabulary, Kind.SPACES)[0]

    def _sentence_is_over(self) -> bool:
        return manners.ends_sentence(self.words[-1].text)

    def _said(self) -> str:
        """All words so far, and the open one."""
        words = self.words[:-1] if self._reopened else self.words
        return "".join(word.text for word in words) + self._open.decode(errors="ignore")

    def _word_ends(self) -> float:
        """The probability that the word is over, and is one: no tag comes of it."""
        following = self._read.next
        tagged = following.finishes_tag(self._vocabulary, self._draft.before + self._said())
        return following.word_ends - tagged

    def _says_tag(self, said: str) -> bool:
        return self._vocabulary.says_tag(self._draft.before, said)

    def _close_word(self) -> bool:
        """Count the open word as done; False if it must not be said."""
        try:
            text = self._open.decode()
        except UnicodeDecodeError:
            return False
        word = Word(text, min(self.words[-1].confidence, self._probability * self._word_ends()))
        done = self.words[:-1] if self._reopened else self.words
        if self._reopened and word.confidence < self._rules.threshold:
            return False  # better the word alone than nothing
        said = "".join(word.text for word in done)
        if manners.goes_in_circles(self._draft.before + said + text) or self._says_tag(said + text):
            return False
        self.words = [*done, word]
        self._open, self._reopened = b"", False
        return True


class Lines:
    """All suggestions for one draft, grown together."""

    def __init__(
        self, reader: Reader, vocabulary: Vocabulary, draft: Draft, rules: LineRules
    ) -> None:
        self._reader = reader
        self._vocabulary = vocabulary
        self._draft = draft
        self._rules = rules
        self._lines: list[Line | Word] = []

    def begin(self, words: Sequence[FirstWord]) -> None:
        """Start a line with each of these words, best first; one that was not read stays alone.

        As in `gate`, a line need only be sure given that those above it are wrong.
        """
        left = 1.0
        for word in words:
            if word.read is not None:
                rules = replace(self._rules, threshold=self._rules.threshold * left)
                self._lines.append(Line(word, word.read, self._draft, rules, self._vocabulary))
            elif not manners.goes_in_circles(self._draft.before + word.text):
                self._lines.append(Word(word.text, word.probability))
            left = max(0.0, left - word.probability)

    def grow(self) -> bool:
        """Read one more token on each line; False when all are over. Raises decoding.Stopped."""
        lines = [line for line in self._lines if isinstance(line, Line)]
        steps = [(line, line.next_step()) for line in lines]
        taken = [(line, step) for line, step in steps if step is not None]
        if not taken:
            return False
        for (line, _), read in zip(
            taken, self._reader.decode([step for _, step in taken]), strict=True
        ):
            line.go_on(read)
        return True

    def candidates(self) -> list[Candidate]:
        """What is there by now, best first, each text once."""
        found = (
            line.candidate() if isinstance(line, Line) else _standing([line], self._draft)
            for line in self._lines
        )
        unique = {candidate.text: candidate for candidate in found if candidate is not None}
        return list(unique.values())


def _standing(words: Sequence[Word], draft: Draft) -> Candidate | None:
    """Words as a candidate, without what stands after the caret; None if nothing is left."""
    kept = words[: manners.new_words([word.text for word in words], draft.after)]
    if not kept:
        return None
    joined = manners.joined(kept[-1].text, draft.after)
    return _candidate([*kept[:-1], Word(joined, kept[-1].confidence)])


def _candidate(words: Sequence[Word]) -> Candidate:
    """The words as a candidate, cut anew where a piece brought whitespace of its own."""
    texts = split_words("".join(word.text for word in words))
    ends, position = [], 0
    for word in words:
        position += len(word.text)
        ends.append((position, word.confidence))
    cut, position = [], 0
    for text in texts:
        position += len(text)
        cut.append(Word(text, next(confidence for end, confidence in ends if end >= position)))
    return Candidate(tuple(cut))
