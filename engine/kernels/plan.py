"""What the machine code is told: sizes and addresses, in one array of 64-bit integers."""

from __future__ import annotations

from typing import NamedTuple

CACHED_BYTES = 16_000_000
"""Weights of at most so many bytes are taken to stay in the processor's last cache."""


class Plan(NamedTuple):
    """The sizes of a model and where everything lies, in the order of the array.

    Addresses are of C-ordered memory. Buffers have room for `layout.MAX_ROWS` rows, except the
    logits, which have `layout.MAX_LOGITS`.
    """

    dim: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    """Rows of the classifier, filled up to whole blocks."""

    layer_table: int
    """int64 [layers, 10]: what `Layer` names."""
    embedding: int
    embedding_bits: int
    """Bits a weight, 8 or 4."""
    classifier: int
    classifier_bits: int
    norm: int
    cosines: int
    """float32 [context, head_dim / 2]: RoPE's tables."""
    sines: int
    constants: int
    """float32 [2]: the norm's epsilon, and what attention scores are multiplied with."""

    tokens: int
    """int64 [rows]: what each row of this pass is."""
    positions: int
    """int64 [rows]: where in its text each row stands."""
    page_tables: int
    """int64 [rows]: the address of each row's page table, which is int64 [pages], addresses too."""

    residual: int
    """float32 [rows, dim]: the stream that layers add to."""
    projected: int
    """float32 [rows, (heads + 2 kv_heads) * head_dim]: queries, keys, values."""
    attended: int
    """float32 [rows, heads * head_dim]."""
    gated: int
    """float32 [rows, 2 * hidden]: gate and up in alternating blocks of 16."""
    logits: int
    """float32 [MAX_LOGITS, vocab]."""
    scores: int
    """float32 [4, context filled up to whole pages]: attention weights of a few queries; each
    thread has its own."""
    score_stride: int
    """Bytes from one query's weights to the next one's."""
    values: int
    """int8 [rows, value_stride]: quantised activations."""
    scales: int
    """float32 [rows, value_stride / 32]: their scales."""
    offsets: int
    """int32 [rows, value_stride / 32]: -128 times the sums of their groups."""
    value_stride: int
    """Bytes from one row of quantised activations to the next."""
    gated_values: int
    """int8 [rows, hidden]: quantised activations inside the feed-forward network."""
    gated_scales: int
    gated_offsets: int
    in_memory: int
    """Whether the weights are read from memory; else (0) a cache of the processor holds them."""

    threads: int
    """How many threads share a pass: see `team`, which the rest is for."""
    thread: int
    """Which of them this plan is for, from 0."""
    words: int
    """int64 [2 + threads, 8]: what threads tell each other; the first number of a line is used."""
    step: int
    """int64: what step of a pass the thread is at."""
    rest: int
    """The function of the system that lets other threads run."""


class Layer(NamedTuple):
    """The addresses of one layer's weights, and how many bits a weight its matrices have."""

    qkv: int
    o: int
    gate_up: int
    down: int
    attention_norm: int
    ffn_norm: int
    qkv_bits: int
    o_bits: int
    gate_up_bits: int
    down_bits: int
