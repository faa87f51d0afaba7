"""Queries, keys and values of the rows of a pass: turned, remembered, and attended to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.kernels import layout
from engine.kernels.attention import Head, Queries, attend, store_key, store_value
from engine.kernels.rope import rotate
from engine.simd.jit import kernel
from engine.simd.vectors import load_integer, load_single

if TYPE_CHECKING:
    from engine.kernels.plan import Plan

PAGE = layout.PAGE
BATCH = 16
"""Rows of one head that are attended to together, where rows are many; tiles of four fill it."""


@kernel
def qkv_width(plan: Plan) -> int:
    """Queries, keys and values of one row."""
    return (plan.heads + 2 * plan.kv_heads) * plan.head_dim


@kernel
def _head_places(plan: Plan, layer: int, kv_head: int) -> tuple[int, int]:
    """How many bytes into a page a head's keys and values lie."""
    kv_bytes = 2 * PAGE * plan.kv_heads * plan.head_dim
    keys = 2 * kv_bytes * layer + 2 * PAGE * plan.head_dim * kv_head
    return keys, keys + kv_bytes


@kernel
def rotate_row(plan: Plan, row: int, position: int) -> None:
    """Turn the queries and keys of one row by its position."""
    half = plan.head_dim // 2
    first = plan.projected + 4 * row * qkv_width(plan)
    cosines = plan.cosines + 4 * half * position
    sines = plan.sines + 4 * half * position
    for head in range(plan.heads + plan.kv_heads):
        rotate(first + 4 * plan.head_dim * head, half, cosines, sines)


@kernel
def remember_row(plan: Plan, layer: int, row: int, position: int) -> None:
    """Put the keys and values of one row into its page."""
    table = load_integer(plan.page_tables + 8 * row)
    page = load_integer(table + 8 * (position // PAGE))
    width = 4 * plan.head_dim
    keys = plan.projected + 4 * row * qkv_width(plan) + width * plan.heads
    values = keys + width * plan.kv_heads
    for head in range(plan.kv_heads):
        key_place, value_place = _head_places(plan, layer, head)
        store_key(keys + width * head, plan.head_dim, page + key_place, position % PAGE)
        store_value(values + width * head, plan.head_dim, page + value_place, position % PAGE)


@kernel
def attention_units(plan: Plan, rows: int) -> int:
    """In how many units a layer attends: see `attend_unit`."""
    if rows <= plan.heads // plan.kv_heads:
        return plan.kv_heads * rows
    return plan.heads * ((rows + BATCH - 1) // BATCH)


@kernel
def attend_unit(plan: Plan, layer: int, rows: int, unit: int) -> None:
    """Attention of all heads of one row that share keys, or of a batch of rows of one head.

    Units go head by head, so that its keys stay in the cache.
    """
    shared = plan.heads // plan.kv_heads
    width = 4 * plan.head_dim
    query_row, out_row = 4 * qkv_width(plan), width * plan.heads
    if rows <= shared:
        head, row, count = unit // rows * shared, unit % rows, shared
        query_stride, out_stride, row_stride = width, width, 0
    else:
        batches = (rows + BATCH - 1) // BATCH
        head, row = unit // batches, unit % batches * BATCH
        count = min(rows - row, BATCH)
        query_stride, out_stride, row_stride = query_row, out_row, 8
    queries = Queries(
        plan.projected + query_row * row + width * head,
        query_stride,
        plan.attended + out_row * row + width * head,
        out_stride,
        plan.page_tables + 8 * row,
        plan.positions + 8 * row,
        row_stride,
    )
    keys, values = _head_places(plan, layer, head // shared)
    place = Head(plan.head_dim, keys, values, load_single(plan.constants + 4))
    attend(queries, count, place, plan.scores, plan.score_stride)
