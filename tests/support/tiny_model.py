"""A model small enough to make in a test: random weights, a real tokenizer."""

from __future__ import annotations

import functools
import io
import random
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import sentencepiece

from engine.checkpoint import Checkpoint, quantized
from engine.config import ModelConfig
from engine.tokenizer import read_tokenizer
from quicktype.prompt import QUICKTYPE

if TYPE_CHECKING:
    from numpy.typing import NDArray

TEMPLATE = QUICKTYPE
MARKERS = TEMPLATE.markers
_TALK = (
    "are we still on for dinner tomorrow yes what time works for you how about seven o'clock see "
    "you there then great thanks I will bring the wine sounds good let me know when you are home"
)


@functools.cache
def tiny_tokenizer(vocab: int = 400) -> bytes:
    """A SentencePiece model with the template's markers, trained on small talk."""
    rng = random.Random(5)
    words = _TALK.split()
    sentences = [" ".join(rng.choices(words, k=rng.randint(2, 9))) for _ in range(2000)]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=model,
        vocab_size=vocab,
        model_type="bpe",
        byte_fallback=True,
        split_digits=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        user_defined_symbols=[*MARKERS.roles, MARKERS.end],
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return model.getvalue()


def tiny_weights(config: ModelConfig, seed: int = 1) -> dict[str, NDArray[np.float32]]:
    """Random weights of the shapes of `config`."""
    rng = np.random.default_rng(seed)
    queries, keys = config.heads * config.head_dim, config.kv_heads * config.head_dim

    def matrix(rows: int, cols: int) -> NDArray[np.float32]:
        return rng.standard_normal((rows, cols), np.float32) / np.float32(np.sqrt(cols))

    weights = {"embedding": matrix(config.vocab, config.dim)}
    for layer in range(config.layers):
        name = f"layers.{layer}."
        weights[name + "attention_norm"] = np.ones(config.dim, np.float32)
        weights[name + "q"] = matrix(queries, config.dim)
        weights[name + "k"] = matrix(keys, config.dim)
        weights[name + "v"] = matrix(keys, config.dim)
        weights[name + "o"] = matrix(config.dim, queries)
        weights[name + "ffn_norm"] = np.ones(config.dim, np.float32)
        weights[name + "gate"] = matrix(config.hidden, config.dim)
        weights[name + "up"] = matrix(config.hidden, config.dim)
        weights[name + "down"] = matrix(config.dim, config.hidden)
    weights["norm"] = np.ones(config.dim, np.float32)
    if not config.tied:
        weights["classifier"] = matrix(config.vocab, config.dim)
    return weights


def tiny_checkpoint(name: str = "tiny", seed: int = 1, bits: int = 8) -> Checkpoint:
    """A checkpoint of two layers that runs in the engine; what it says is nonsense."""
    tokenizer = tiny_tokenizer()
    vocab = sentencepiece.SentencePieceProcessor(model_proto=tokenizer).GetPieceSize()
    config = ModelConfig(
        dim=64, hidden=128, layers=2, heads=2, kv_heads=1, head_dim=32, vocab=vocab, context=256
    )
    weights = tiny_weights(config, seed)
    card = {"summary": "random"}
    return quantized(name, config, weights, tokenizer, TEMPLATE.to_json(), card, bits)


def parrot_checkpoint(*sentences: str) -> Checkpoint:
    """A checkpoint that goes on with its sentences, and is sure of it.

    Attention and feed-forward layers add nothing, so the next token depends on the last one alone:
    the embeddings are nearly orthogonal signs, and a token's row in the classifier is the sum of
    those that it follows. Sentences should not share a word. The other's part is the last one.
    """
    tokenizer = read_tokenizer(tiny_tokenizer())
    config = ModelConfig(
        dim=512, hidden=32, layers=1, heads=1, kv_heads=1, head_dim=32, vocab=tokenizer.vocab,
        context=256, tied=False,
    )  # fmt: skip
    weights = tiny_weights(config)
    signs = np.random.default_rng(7).integers(0, 2, (config.vocab, config.dim))
    weights["embedding"] = (2 * signs - 1).astype(np.float32)
    for silent in ("o", "down"):
        weights[f"layers.0.{silent}"] *= 0
    weights["classifier"] = np.zeros((config.vocab, config.dim), np.float32)
    end = tokenizer.marker(MARKERS.end)
    for sentence in sentences:
        text = [tokenizer.marker(MARKERS.me), *tokenizer.encode(sentence), end]
        for token, following in pairwise(text):
            weights["classifier"][following] += weights["embedding"][token] * (12 / config.dim)
    answer = tokenizer.encode(sentences[-1])[0]
    other = tokenizer.marker(MARKERS.others[0])
    weights["classifier"][answer] += weights["embedding"][other] * (12 / config.dim)
    return quantized("parrot", config, weights, tokenizer.data, TEMPLATE.to_json(), {})
