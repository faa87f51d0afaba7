"""The forward pass of a Llama (Touvron et al., 2023) for a few rows of tokens.

A row is a token with a position and a page table of its own. Rows of one prompt, the next token of
one text, and the next tokens of many branches are all the same to this code, so prefill, decode and
branches give the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernels import layout
from engine.kernels.activations import gate, normalise, quantise, quantised_rows, row_of
from engine.kernels.attention import Head, Queries, attend, store_key, store_value
from engine.kernels.embedding import embed
from engine.kernels.fetching import Stream
from engine.kernels.matmul import multiply_rows
from engine.kernels.matrix import matrix_at
from engine.kernels.plan import Layer
from engine.kernels.records import read_layer, read_plan
from engine.kernels.rope import rotate
from engine.simd.jit import kernel
from engine.simd.vectors import load_integer, load_single

if TYPE_CHECKING:
    from engine.kernels.plan import Plan

PAGE = layout.PAGE
LAYER_BYTES = 8 * len(Layer._fields)


@kernel
def _qkv_width(plan: Plan) -> int:
    """Queries, keys and values of one row."""
    return (plan.heads + 2 * plan.kv_heads) * plan.head_dim


@kernel
def _head_places(plan: Plan, layer: int, kv_head: int) -> tuple[int, int]:
    """How many bytes into a page a head's keys and values lie."""
    kv_bytes = 2 * PAGE * plan.kv_heads * plan.head_dim
    keys = 2 * kv_bytes * layer + 2 * PAGE * plan.head_dim * kv_head
    return keys, keys + kv_bytes


@kernel
def _rotate_row(plan: Plan, row: int, position: int) -> None:
    """Turn the queries and keys of one row by its position."""
    half = plan.head_dim // 2
    first = plan.projected + 4 * row * _qkv_width(plan)
    cosines = plan.cosines + 4 * half * position
    sines = plan.sines + 4 * half * position
    for head in range(plan.heads + plan.kv_heads):
        rotate(first + 4 * plan.head_dim * head, half, cosines, sines)


@kernel
def _remember_row(plan: Plan, layer: int, row: int, position: int) -> None:
    """Put the keys and values of one row into its page."""
    table = load_integer(plan.page_tables + 8 * row)
    page = load_integer(table + 8 * (position // PAGE))
    width = 4 * plan.head_dim
    keys = plan.projected + 4 * row * _qkv_width(plan) + width * plan.heads
    values = keys + width * plan.kv_heads
    for head in range(plan.kv_heads):
        key_place, value_place = _head_places(plan, layer, head)
        store_key(keys + width * head, plan.head_dim, page + key_place, position % PAGE)
        store_value(values + width * head, plan.head_dim, page + value_place, position % PAGE)


@kernel
def _attend_rows(plan: Plan, layer: int, rows: int) -> None:
    """Attention of all heads of all rows, head by head so that its keys stay in the cache."""
    shared = plan.heads // plan.kv_heads
    width = 4 * plan.head_dim
    query_row, out_row = 4 * _qkv_width(plan), width * plan.heads
    for kv_head in range(plan.kv_heads):
        keys, values = _head_places(plan, layer, kv_head)
        head = Head(plan.head_dim, keys, values, load_single(plan.constants + 4))
        query = plan.projected + width * shared * kv_head
        out = plan.attended + width * shared * kv_head
        if rows <= shared:
            for row in range(rows):
                place, target = query + query_row * row, out + out_row * row
                tables, positions = plan.page_tables + 8 * row, plan.positions + 8 * row
                queries = Queries(place, width, target, width, tables, positions, 0)
                attend(queries, shared, head, plan.scores, plan.score_stride)
        else:
            for number in range(shared):
                place, target = query + width * number, out + width * number
                tables, positions = plan.page_tables, plan.positions
                queries = Queries(place, query_row, target, out_row, tables, positions, 8)
                attend(queries, rows, head, plan.scores, plan.score_stride)


@kernel
def _attention(plan: Plan, weights: Layer, layer: int, rows: int) -> None:
    """Add to the residual what each row's attention finds."""
    x = quantised_rows(plan)
    epsilon = load_single(plan.constants)
    for row in range(rows):
        source = plan.residual + 4 * plan.dim * row
        normalise(source, plan.dim, weights.attention_norm, epsilon, row_of(x, row))
    width = _qkv_width(plan)
    stream = Stream(weights.o, plan.in_memory)
    qkv = matrix_at(weights.qkv, width, plan.dim, weights.qkv_bits, stream)
    multiply_rows(qkv, x, rows, plan.projected, 4 * width, False)
    for row in range(rows):
        position = load_integer(plan.positions + 8 * row)
        _rotate_row(plan, row, position)
        _remember_row(plan, layer, row, position)
    _attend_rows(plan, layer, rows)
    width = plan.heads * plan.head_dim
    for row in range(rows):
        quantise(plan.attended + 4 * width * row, width, row_of(x, row))
    stream = Stream(weights.gate_up, plan.in_memory)
    o = matrix_at(weights.o, plan.dim, width, weights.o_bits, stream)
    multiply_rows(o, x, rows, plan.residual, 4 * plan.dim, True)


@kernel
def _feed_forward(plan: Plan, weights: Layer, layer: int, rows: int) -> None:
    """Add to the residual what each row's feed-forward network says."""
    x = quantised_rows(plan)
    epsilon = load_single(plan.constants)
    for row in range(rows):
        source = plan.residual + 4 * plan.dim * row
        normalise(source, plan.dim, weights.ffn_norm, epsilon, row_of(x, row))
    stream = Stream(weights.down, plan.in_memory)
    gate_up = matrix_at(weights.gate_up, 2 * plan.hidden, plan.dim, weights.gate_up_bits, stream)
    multiply_rows(gate_up, x, rows, plan.gated, 8 * plan.hidden, False)
    for row in range(rows):
        gate(plan.gated + 8 * plan.hidden * row, plan.hidden, row_of(x, row))
    stream = Stream(_after(plan, layer), plan.in_memory)
    down = matrix_at(weights.down, plan.dim, plan.hidden, weights.down_bits, stream)
    multiply_rows(down, x, rows, plan.residual, 4 * plan.dim, True)


@kernel
def _after(plan: Plan, layer: int) -> int:
    """The weights that are read after a layer: the next layer's, else the classifier."""
    following: int = plan.classifier
    if layer + 1 < plan.layers:
        following = load_integer(plan.layer_table + LAYER_BYTES * (layer + 1))
    return following


@kernel
def _classify(plan: Plan, rows: int, first: int) -> None:
    """The logits of the rows from `first` on."""
    x = quantised_rows(plan)
    epsilon = load_single(plan.constants)
    for row in range(first, rows):
        source = plan.residual + 4 * plan.dim * row
        normalise(source, plan.dim, plan.norm, epsilon, row_of(x, row - first))
    stream = Stream(load_integer(plan.layer_table), plan.in_memory)
    classifier = matrix_at(plan.classifier, plan.vocab, plan.dim, plan.classifier_bits, stream)
    multiply_rows(classifier, x, rows - first, plan.logits, 4 * plan.vocab, False)


@kernel
def forward(plan_address: int, rows: int, first_logits: int) -> None:
    """One pass over `rows` tokens; logits for the rows from `first_logits` on.

    The plan's tokens, positions and page tables say what the rows are; rows of one text stand in
    ascending order, and no two rows write to the same slot of a page.
    """
    plan = read_plan(plan_address)
    stream = Stream(0, plan.in_memory)
    table = matrix_at(plan.embedding, plan.vocab, plan.dim, plan.embedding_bits, stream)
    for row in range(rows):
        token = load_integer(plan.tokens + 8 * row)
        embed(table, token, plan.residual + 4 * plan.dim * row)
    for layer in range(plan.layers):
        weights = read_layer(plan.layer_table + LAYER_BYTES * layer)
        _attention(plan, weights, layer, rows)
        _feed_forward(plan, weights, layer, rows)
    if first_logits < rows:
        _classify(plan, rows, first_logits)
