"""The model card: what the weights are made of, what they cost, how good they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quicktype.conversation import Conversation

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from engine.checkpoint import Checkpoint
    from training.validation import Case, Score


@dataclass(frozen=True, slots=True)
class Sample:
    """A held-out message cut at a caret, and what the model makes of it."""

    case: Case
    draft: str
    completion: str
    confidence: float

    @property
    def rest(self) -> str:
        """What the person really went on to type."""
        return self.case.conversation.turns[-1].text[len(self.draft) :]

    @property
    def before(self) -> Conversation:
        """The conversation that the message answers."""
        return Conversation(self.case.conversation.turns[:-1])


def cut_at_a_caret(case: Case, rng: random.Random) -> str:
    """A draft: the message up to a random caret in its first half, inside words too."""
    text = case.conversation.turns[-1].text
    return text[: rng.randint(0, max(1, len(text) // 2))]


def model_card(
    made: Checkpoint, file: Path, scores: Mapping[str, Score], samples: Sequence[Sample], cases: int
) -> str:
    """The card as Markdown.

    Args:
        made: what was exported.
        file: where it lies.
        scores: bits per byte, by the arithmetic that they were computed with.
        samples: what it completes.
        cases: how many messages of each source were scored, at most.
    """
    card = made.card
    return (
        (Path(__file__).parent / "card.md")
        .read_text(encoding="utf-8")
        .format(
            name=made.name,
            parameters=made.config.parameters / 1e6,
            shape=_shape(made),
            precision=precision(made),
            megabytes=file.stat().st_size / 1e6,
            checksum=hashlib.sha256(file.read_bytes()).hexdigest(),
            start=card["start"],
            tokens=card["cost"]["tokens"] / 1e6,
            steps=card["cost"]["steps"],
            hours=card["cost"]["seconds"] / 3600,
            seed=card["recipe"]["seed"],
            cases=cases,
            scores="\n".join(_score_table(scores)),
            samples_count=len(samples),
            samples="\n\n".join(map(_sample_text, samples)),
            data="\n".join(_data_table(card)),
        )
    )


def precision(made: Checkpoint) -> str:
    """How the weights are kept."""
    four = any(tensor.bits == 4 for tensor in made.matrices.values())
    return "4-bit layers" if four else "int8"


def _shape(made: Checkpoint) -> str:
    c = made.config
    return (
        f"{c.layers} layers of width {c.dim}, {c.heads} heads of {c.head_dim} sharing {c.kv_heads} "
        f"key/value heads, feed-forward {c.hidden}, vocabulary {c.vocab:,}, context {c.context}"
    )


def _score_table(scores: Mapping[str, Score]) -> list[str]:
    names = list(scores)
    sources = list(scores[names[0]].sources)
    return [
        "| source | " + " | ".join(names) + " |",
        "| --- " * (len(names) + 1) + "|",
        *(
            f"| {source} | " + " | ".join(f"{scores[n].sources[source]:.3f}" for n in names) + " |"
            for source in sources
        ),
        "| **all** | " + " | ".join(f"**{scores[n].overall:.3f}**" for n in names) + " |",
    ]


def _sample_text(sample: Sample) -> str:
    me = sample.case.conversation.turns[-1].speaker
    before = [f"{turn.speaker}: {turn.text}" for turn in sample.before.turns[-2:]]
    return "\n".join(
        [
            "```",
            *before,
            f"{me}: {sample.draft}|{sample.completion}",
            f"   really: {sample.draft}|{sample.rest}",
            f"   confidence {sample.confidence:.2f}, from {sample.case.source}",
            "```",
        ]
    )


def _data_table(card: Mapping[str, Any]) -> list[str]:
    weights = card["recipe"]["data"]["weights"]
    return [
        "| source | weight | licence | origin |",
        "| --- | --- | --- | --- |",
        *(
            f"| {source} | {weights[source]} | {about.get('licence', 'not recorded')} | "
            f"{about.get('origin', 'your own')} |"
            for source, about in card["data"].items()
        ),
    ]
