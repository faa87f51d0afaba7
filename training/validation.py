"""Bits per byte of held-out messages: how well the model predicts what people really wrote.

A case is one message with the conversation before it. Its bits are those of the message's tokens
and of its end; its bytes are the message's in UTF-8, and one for the end. Unlike loss per token,
the figure does not depend on the vocabulary.
"""

from __future__ import annotations

import json
import math
import random
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quicktype.conversation import Conversation, Turn
from quicktype.prompt import PromptEncoder, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from engine.tokenizer import Tokenizer
    from quicktype.prompt import PromptTemplate

TURNS_BEFORE = 12


@dataclass(frozen=True, slots=True)
class Case:
    """A message (the last turn) and what was said before it."""

    source: str
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Score:
    """Bits per byte in all, and by source."""

    overall: float
    sources: dict[str, float]


def read_cases(folder: Path, sources: Iterable[str], per_source: int, seed: int) -> list[Case]:
    """At most `per_source` messages of each source, drawn from ``folder/validation.jsonl``."""
    chats = defaultdict(list)
    with (folder / "validation.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            chat = json.loads(line)
            chats[chat["source"]].append(chat["turns"])
    rng = random.Random(seed)
    cases = []
    for source in sources:
        messages = [(turns, n) for turns in chats[source] for n in range(len(turns))]
        replies = [(turns, n) for turns, n in messages if n > 0] or messages
        for turns, n in rng.sample(replies, min(per_source, len(replies))):
            kept = turns[max(0, n - TURNS_BEFORE) : n + 1]
            cases.append(Case(source, Conversation(tuple(Turn(**turn) for turn in kept))))
    return cases


def case_tokens(case: Case, encoder: PromptEncoder, limit: int) -> tuple[list[int], int]:
    """A case's ids, cut to the newest `limit`, and where the message's own ids begin."""
    template = encoder.template
    ids = [*encoder.gap(template.begin, inside=False).tokens]
    start = 0
    for message in render(case.conversation, case.conversation.turns[-1].speaker, template):
        opening, text, closing = encoder.message(message)
        start = len(ids) + len(opening)
        ids += [*opening, *text, *closing]
    cut = min(max(0, len(ids) - limit), start - 1)
    return ids[cut : cut + limit], start - cut


def bits_per_byte(
    cases: Sequence[Case],
    tokenizer: Tokenizer,
    template: PromptTemplate,
    surprise: Callable[[list[int], int], float],
    limit: int = 320,
) -> Score:
    """Scores a model; the overall figure weighs every byte the same.

    `surprise(ids, start)` is minus the log probability (nats) of ``ids[start:]`` after the rest.
    """
    bits: dict[str, float] = defaultdict(float)
    size: dict[str, int] = defaultdict(int)
    encoder = PromptEncoder(tokenizer, template)
    for case in cases:
        ids, start = case_tokens(case, encoder, limit)
        bits[case.source] += surprise(ids, start) / math.log(2)
        size[case.source] += len(case.conversation.turns[-1].text.encode()) + 1
    return Score(
        sum(bits.values()) / max(1, sum(size.values())),
        {source: bits[source] / size[source] for source in bits},
    )
