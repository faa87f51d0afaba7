"""Learns the tokenizer's vocabulary from the training messages."""

from __future__ import annotations

import io
import json
import random
from typing import TYPE_CHECKING

import sentencepiece

from engine.tokenizer import read_tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.tokenizer import Tokenizer
    from quicktype.prompt import PromptTemplate
    from training.recipe import Recipe


def learn_vocabulary(corpus: Path, recipe: Recipe, template: PromptTemplate) -> Tokenizer:
    """A SentencePiece BPE vocabulary of the recipe's size, with the template's markers in it.

    Digits stand alone, every byte has a token, and text is taken as it is typed: no Unicode
    normalisation beyond the corpus's own, no spaces removed.
    """
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=_sample(corpus, recipe),
        model_writer=model,
        vocab_size=recipe.tokenizer.vocab,
        model_type="bpe",
        byte_fallback=True,
        character_coverage=0.9995,
        split_digits=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        user_defined_symbols=[*template.markers.roles, template.markers.end],
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return read_tokenizer(model.getvalue())


def _sample(corpus: Path, recipe: Recipe) -> Iterator[str]:
    """Messages, drawn so that a source's share follows its weight."""
    rng = random.Random(recipe.seed)
    weights = recipe.data.weights
    heaviest = max(weights.values())
    taken = 0
    lines = (corpus / "train.jsonl").read_text(encoding="utf-8").splitlines()
    rng.shuffle(lines)
    for line in lines:
        chat = json.loads(line)
        if rng.random() > weights[chat["source"]] / heaviest:
            continue
        for turn in chat["turns"]:
            yield turn["text"]
            taken += 1
            if taken == recipe.tokenizer.sentences:
                return
