"""The corpus as token ids: one long array, and training windows drawn from it.

Each conversation is rendered with its first speaker as ``<me>``; which speaker really is ``<me>``
is drawn anew whenever a window is (`Markers.seen_by`). Ids are stored as uint16; the highest bit
marks tokens that are context only, such as the lines of a speaker who used templates.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quicktype.conversation import Conversation, Turn
from quicktype.prompt import PromptEncoder, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.tokenizer import Tokenizer
    from quicktype.prompt import PromptTemplate
    from training.markers import Markers
    from training.recipe import DataRecipe

CONTEXT_ONLY = 0x8000
IGNORED = -100  # the target that torch's cross entropy leaves out


@dataclass(frozen=True, slots=True)
class Stream:
    """Encoded conversations: `tokens[offsets[i]:offsets[i + 1]]` is one, drawn by `weights[i]`."""

    tokens: NDArray[np.uint16]
    offsets: NDArray[np.int64]
    weights: NDArray[np.float64]

    @classmethod
    def load(cls, folder: Path) -> Stream:
        """Maps what `encode` saved."""
        return cls(
            np.load(folder / "tokens.npy", mmap_mode="r"),
            np.load(folder / "offsets.npy"),
            np.load(folder / "weights.npy"),
        )


def encode_conversation(
    conversation: Conversation, encoder: PromptEncoder, canned: frozenset[str] = frozenset()
) -> list[int]:
    """The ids of a conversation whose first speaker is ``<me>``, canned speakers' marked."""
    ids: list[int] = []
    messages = render(conversation, conversation.turns[0].speaker, encoder.template)
    for turn, message in zip(conversation.turns, messages, strict=True):
        flag = CONTEXT_ONLY if turn.speaker in canned else 0
        opening, text, closing = encoder.message(message)
        ids += [*opening, *(token | flag for token in (*text, *closing))]
    return ids


def encode(
    folder: Path,
    recipe: DataRecipe,
    tokenizer: Tokenizer,
    template: PromptTemplate,
    progress: Callable[[int], None],
) -> Stream:
    """Encodes ``folder/train.jsonl`` into arrays beside it; `progress` hears each line's bytes."""
    if tokenizer.vocab >= CONTEXT_ONLY:
        raise ValueError(f"a vocabulary holds at most {CONTEXT_ONLY - 1} pieces")
    encoder = PromptEncoder(tokenizer, template)
    parts, weights = [], []
    with (folder / "train.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            chat = json.loads(line)
            conversation = Conversation(tuple(Turn(**turn) for turn in chat["turns"]))
            canned = frozenset(recipe.canned.get(chat["source"], ()))
            ids = encode_conversation(conversation, encoder, canned)
            parts.append(np.array(ids, np.uint16))
            weights.append(recipe.weights[chat["source"]] * len(ids))
            progress(len(line.encode()))
    offsets = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    np.save(folder / "tokens.npy", np.concatenate(parts))
    np.save(folder / "offsets.npy", offsets)
    np.save(folder / "weights.npy", np.array(weights) / sum(weights))
    return Stream.load(folder)


class WindowSampler:
    """Draws training windows: each begins with ``<s>`` and a whole message.

    Windows that begin where prompts begin are what QuicktypeGPT measured to be best (its
    "BOS-aligned" sampling). What is left of a window after a short conversation is filled with the
    next one.
    """

    def __init__(self, stream: Stream, markers: Markers, vocab: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self._stream = stream
        self._cumulative = np.cumsum(stream.weights)
        self._begin = markers.begin
        self._role_ids = np.sort(np.array(markers.roles, np.uint16))
        self._roles = np.array(markers.roles)
        self._views = np.stack([markers.seen_by(n, vocab) for n in range(len(markers.roles))])
        self._unpredicted = markers.unpredicted

    def draw(self, windows: int, length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Inputs and targets, both [windows, length]; ignored targets are `IGNORED`."""
        rows = np.stack([self._window(length + 1) for _ in range(windows)])
        ids = rows & ~CONTEXT_ONLY
        targets = ids[:, 1:].copy()
        skipped = np.isin(targets, self._unpredicted) | (rows[:, 1:] >= CONTEXT_ONLY)
        targets[skipped] = IGNORED
        return ids[:, :-1], targets

    def _window(self, length: int) -> NDArray[np.int64]:
        row = np.empty(length, np.int64)
        filled = 0
        while filled < length:
            row[filled] = self._begin
            chat = self._conversation(length - filled - 1)
            row[filled + 1 : filled + 1 + len(chat)] = chat
            filled += 1 + len(chat)
        return row

    def _conversation(self, room: int) -> NDArray[np.int64]:
        """At most `room` ids of a drawn conversation, from the beginning of a drawn message on."""
        place = int(np.searchsorted(self._cumulative, self.rng.random() * self._cumulative[-1]))
        chat = self._stream.tokens[self._stream.offsets[place] : self._stream.offsets[place + 1]]
        opens = np.flatnonzero(np.isin(chat, self._role_ids))
        # The last role is shared by all late speakers, so none of them is ever <me>.
        present = np.flatnonzero(np.isin(self._roles[:-1], chat[opens]))
        me = int(self.rng.choice(present))
        if len(chat) > room:
            chat = chat[int(self.rng.choice(opens)) :]
        chat = chat[:room].astype(np.int64)
        seen: NDArray[np.int64] = self._views[me][chat & ~CONTEXT_ONLY] | (chat & CONTEXT_ONLY)
        return seen
