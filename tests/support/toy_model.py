"""Language models whose probabilities are known, behind the engine's interface.

A toy model is a function from the tokens so far to the next token's probabilities. `ToySession`
keeps the engine's contract, and fails a test that breaks it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from engine.session import Cancelled, ContextOverflow
from quicktype.completer import Background, Completer
from quicktype.prompt import QUICKTYPE

TEMPLATE = QUICKTYPE
MARKERS = TEMPLATE.markers
SPECIALS = ("<unk>", MARKERS.begin, "</s>", *MARKERS.roles, MARKERS.end)
Probabilities = NDArray[np.float64]
LanguageModel = Callable[[tuple[int, ...]], Probabilities]


class ToyTokenizer:
    """Markers, all bytes, then the given pieces; text is cut into the longest pieces that fit.

    Its kinds differ in whether they open a text with a space, as SentencePiece does. The second
    marker is the begin token, the third the end token.
    """

    def __init__(
        self,
        pieces: Sequence[str],
        markers: Sequence[str] = SPECIALS,
        *,
        opens_with_space: bool = True,
    ) -> None:
        singles = [bytes([byte]) for byte in range(256)]
        spoken = [piece.encode() for piece in pieces]
        self.markers = tuple(markers)
        self.opens_with_space = opens_with_space
        self.begin, self.end = 1, 2
        self.pieces = (*[b""] * len(markers), *singles, *spoken)
        self._ids = {piece: token for token, piece in enumerate(self.pieces) if piece}

    @property
    def vocab(self) -> int:
        return len(self.pieces)

    def marker(self, name: str) -> int:
        return self.markers.index(name)

    def id(self, piece: str) -> int:
        return self._ids[piece.encode()]

    def shown(self, tokens: Sequence[int]) -> str:
        """The tokens for a reader: markers by their names, text as it is."""
        named = (*(name.encode() for name in self.markers), *self.pieces[len(self.markers) :])
        return b"".join(named[token] for token in tokens).decode()

    def encode(self, text: str) -> list[int]:
        rest = text.encode()
        if rest and self.opens_with_space:
            rest = b" " + rest
        tokens = []
        while rest:
            length = next(n for n in range(len(rest), 0, -1) if rest[:n] in self._ids)
            tokens.append(self._ids[rest[:length]])
            rest = rest[length:]
        return tokens


@dataclass
class ToyBranch:
    """A text, its next token's logits, and whether it was given back."""

    tokens: tuple[int, ...]
    logits: NDArray[np.float32]
    reused: int = 0

    @property
    def length(self) -> int:
        return len(self.tokens)


@dataclass
class ToySession:
    """Answers as an `engine.session.Session` would; remembers what it was asked."""

    language_model: LanguageModel
    context: int
    prefills: list[tuple[int, ...]] = field(default_factory=list)
    passes: list[int] = field(default_factory=list)
    kept: tuple[int, ...] = ()

    def prefill(
        self, tokens: Sequence[int], cancelled: Callable[[], bool] | None = None
    ) -> ToyBranch:
        if len(tokens) > self.context:
            raise ContextOverflow(f"{len(tokens)} tokens")
        reused = 0
        while reused < min(len(tokens), len(self.kept)) and tokens[reused] == self.kept[reused]:
            reused += 1
        if cancelled is not None and cancelled():
            raise Cancelled("prefill")
        self.kept = tuple(tokens)
        self.prefills.append(self.kept)
        return self._branch(self.kept, reused)

    def decode(self, steps: Sequence[tuple[ToyBranch, int]]) -> list[ToyBranch]:
        assert 1 <= len(steps) <= 16
        self.passes.append(len(steps))
        return [self._branch((*branch.tokens, token)) for branch, token in steps]

    def _branch(self, tokens: tuple[int, ...], reused: int = 0) -> ToyBranch:
        if len(tokens) > self.context:
            raise ContextOverflow(f"{len(tokens)} tokens")
        logits = np.log(self.language_model(tokens) + 1e-30).astype(np.float32)
        return ToyBranch(tokens, logits, reused)


def toy_completer(
    tokenizer: ToyTokenizer,
    language_model: LanguageModel,
    context: int = 128,
    template: Mapping[str, Any] | None = None,
    background: Background | None = None,
) -> tuple[Completer, ToySession]:
    """A completer over a toy model, and its session to look into."""
    session = ToySession(language_model, context)
    model = SimpleNamespace(
        tokenizer=tokenizer,
        config=SimpleNamespace(context=context, vocab=tokenizer.vocab),
        checkpoint=SimpleNamespace(template=template or TEMPLATE.to_json()),
    )
    completer = Completer(cast("Any", model), session=cast("Any", session), background=background)
    return completer, session


def knows_sentences(tokenizer: ToyTokenizer, sentences: Mapping[str, float]) -> LanguageModel:
    """A model that says these messages with these weights, cut as its tokenizer cuts them.

    Of a beginning that it does not know it thinks that the message ends there.
    """
    me, end = tokenizer.marker(MARKERS.me), tokenizer.marker(MARKERS.end)
    known = {(*tokenizer.encode(text), end): weight for text, weight in sentences.items()}

    def probabilities(tokens: tuple[int, ...]) -> Probabilities:
        start = max(place for place, token in enumerate(tokens) if token == me) + 1
        said = tokens[start:]
        result = np.zeros(tokenizer.vocab)
        for sentence, weight in known.items():
            if sentence[: len(said)] == said and len(sentence) > len(said):
                result[sentence[len(said)]] += weight
        if not result.any():
            result[end] = 1.0
        return scaled(result + 1e-9)

    return probabilities


def scaled(weights: Probabilities) -> Probabilities:
    """Weights as probabilities."""
    return np.asarray(weights / weights.sum())


def speaks_at_random(tokenizer: ToyTokenizer, pieces: Sequence[str], seed: int) -> LanguageModel:
    """A model with probabilities of its own after every token, over `pieces` and the end alone."""
    allowed = [tokenizer.marker(MARKERS.end), *map(tokenizer.id, pieces)]

    @functools.cache
    def probabilities(tokens: tuple[int, ...]) -> Probabilities:
        rng = np.random.default_rng([seed, *tokens])
        result = np.zeros(tokenizer.vocab)
        result[allowed] = rng.dirichlet(np.full(len(allowed), 0.7))
        return result

    return probabilities
