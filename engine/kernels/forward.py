"""The forward pass of a Llama (Touvron et al., 2023) for a few rows of tokens.

A row is a token with a position and a page table of its own. Rows of one prompt, the next token of
one text, and the next tokens of many branches are all the same to this code, so prefill, decode and
branches give the same bits. So do any number of threads: they share the rows, blocks and heads of
each step (`team`), and each number is computed by one of them, in the same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from engine.kernels.activations import (
    GROUP,
    gate,
    gated_rows,
    normalise,
    quantise,
    quantised_rows,
    row_of,
)
from engine.kernels.embedding import embed
from engine.kernels.fetching import Stream
from engine.kernels.heads import (
    attend_unit,
    attention_units,
    qkv_width,
    remember_row,
    rotate_row,
)
from engine.kernels.matmul import multiply_rows
from engine.kernels.matrix import Matrix, block_of, matrix_at, stretch_of
from engine.kernels.plan import Layer
from engine.kernels.records import read_layer, read_plan
from engine.kernels.team import (
    begin_pass,
    end_pass,
    finish,
    first_logits_of,
    first_part,
    next_part,
    rows_of,
    share_begin,
    team_of,
)
from engine.simd.jit import kernel
from engine.simd.vectors import load_integer, load_single

if TYPE_CHECKING:
    from engine.kernels.activations import Quantised
    from engine.kernels.matrix import Stretch
    from engine.kernels.plan import Plan
    from engine.kernels.team import Part, Team

LAYER_BYTES = 8 * len(Layer._fields)
BLOCK_BYTES = 64
"""A block's products with one row, as singles."""
GATE_BLOCKS = 4
"""Blocks of gates and ups that one group of 32 gated numbers is made of."""


class Matrices(NamedTuple):
    """The matrices of a layer."""

    qkv: Matrix
    o: Matrix
    gate_up: Matrix
    down: Matrix


@kernel
def _matrices(plan: Plan, weights: Layer) -> Matrices:
    queries = plan.heads * plan.head_dim
    return Matrices(
        matrix_at(weights.qkv, qkv_width(plan), plan.dim, weights.qkv_bits, 1),
        matrix_at(weights.o, plan.dim, queries, weights.o_bits, 1),
        matrix_at(weights.gate_up, 2 * plan.hidden, plan.dim, weights.gate_up_bits, GATE_BLOCKS),
        matrix_at(weights.down, plan.dim, plan.hidden, weights.down_bits, 1),
    )


@kernel
def _first_matrix(plan: Plan, layer: int) -> Matrix:
    """The matrix that a layer reads first; after the last layer, the classifier."""
    if layer < plan.layers:
        weights = read_layer(plan.layer_table + LAYER_BYTES * layer)
        return matrix_at(weights.qkv, qkv_width(plan), plan.dim, weights.qkv_bits, 1)
    return matrix_at(plan.classifier, plan.vocab, plan.dim, plan.classifier_bits, 1)


@kernel
def _share_of(team: Team, matrix: Matrix, thread: int) -> int:
    """The block of a matrix that a thread's share begins with."""
    return share_begin(team, matrix.blocks // matrix.unit, thread) * matrix.unit


@kernel
def _stretch(plan: Plan, team: Team, matrix: Matrix, following: Matrix, part: Part) -> Stretch:
    """The blocks of a part, asked for as this thread goes through its shares of the matrices."""
    last = _share_of(team, matrix, team.number + 1)
    if part.first * matrix.unit >= last:
        last = matrix.blocks
    begins = block_of(following, _share_of(team, following, team.number))
    stream = Stream(block_of(matrix, last), begins, plan.in_memory)
    return stretch_of(matrix, part.first * matrix.unit, part.last * matrix.unit, stream)


@kernel
def _multiply(
    plan: Plan,
    team: Team,
    matrix: Matrix,
    following: Matrix,
    x: Quantised,
    rows: int,
    out: int,
    out_stride: int,
    adding: bool,
) -> None:
    """``out[row] = matrix @ x[row]``, or ``+=``; the matrix `following` is read next."""
    part = first_part(team, matrix.blocks)
    while part.first < part.last:
        stretch = _stretch(plan, team, matrix, following, part)
        multiply_rows(stretch, x, rows, out + BLOCK_BYTES * part.first, out_stride, adding)
        part = next_part(team, matrix.blocks, part)
    finish(team, matrix.blocks, part)


@kernel
def _normalise_rows(plan: Plan, team: Team, weights: int, first: int, rows: int) -> None:
    """Normalise and quantise the residuals of the rows from `first` on."""
    x = quantised_rows(plan)
    epsilon = load_single(plan.constants)
    part = first_part(team, rows - first)
    while part.first < part.last:
        for row in range(part.first, part.last):
            source = plan.residual + 4 * plan.dim * (first + row)
            normalise(source, plan.dim, weights, epsilon, row_of(x, row))
        part = next_part(team, rows - first, part)
    finish(team, rows - first, part)


@kernel
def _place_rows(plan: Plan, team: Team, layer: int, rows: int) -> None:
    """Turn queries and keys by their positions, and remember keys and values."""
    part = first_part(team, rows)
    while part.first < part.last:
        for row in range(part.first, part.last):
            position = load_integer(plan.positions + 8 * row)
            rotate_row(plan, row, position)
            remember_row(plan, layer, row, position)
        part = next_part(team, rows, part)
    finish(team, rows, part)


@kernel
def _attend_rows(plan: Plan, team: Team, layer: int, rows: int) -> None:
    """Attention of all heads of all rows, quantised."""
    units = attention_units(plan, rows)
    part = first_part(team, units)
    while part.first < part.last:
        for unit in range(part.first, part.last):
            attend_unit(plan, layer, rows, unit)
        part = next_part(team, units, part)
    finish(team, units, part)
    x = quantised_rows(plan)
    width = plan.heads * plan.head_dim
    part = first_part(team, rows)
    while part.first < part.last:
        for row in range(part.first, part.last):
            quantise(plan.attended + 4 * width * row, width, row_of(x, row))
        part = next_part(team, rows, part)
    finish(team, rows, part)


@kernel
def _attention(plan: Plan, team: Team, weights: Layer, layer: int, rows: int) -> None:
    """Add to the residual what each row's attention finds."""
    matrices = _matrices(plan, weights)
    x, width = quantised_rows(plan), qkv_width(plan)
    _normalise_rows(plan, team, weights.attention_norm, 0, rows)
    qkv, o = matrices.qkv, matrices.o
    _multiply(plan, team, qkv, o, x, rows, plan.projected, 4 * width, False)
    _place_rows(plan, team, layer, rows)
    _attend_rows(plan, team, layer, rows)
    _multiply(plan, team, o, matrices.gate_up, x, rows, plan.residual, 4 * plan.dim, True)


@kernel
def _gate_rows(plan: Plan, team: Team, matrices: Matrices, rows: int) -> None:
    """The gated activations of all rows, quantised; a thread gates what it has multiplied."""
    x, out = quantised_rows(plan), gated_rows(plan)
    groups = plan.hidden // GROUP
    width = 8 * plan.hidden
    part = first_part(team, groups)
    while part.first < part.last:
        stretch = _stretch(plan, team, matrices.gate_up, matrices.down, part)
        target = plan.gated + BLOCK_BYTES * GATE_BLOCKS * part.first
        multiply_rows(stretch, x, rows, target, width, False)
        for row in range(rows):
            gate(plan.gated + width * row, part.first, part.last, row_of(out, row))
        part = next_part(team, groups, part)
    finish(team, groups, part)


@kernel
def _feed_forward(plan: Plan, team: Team, weights: Layer, layer: int, rows: int) -> None:
    """Add to the residual what each row's feed-forward network says."""
    matrices = _matrices(plan, weights)
    _normalise_rows(plan, team, weights.ffn_norm, 0, rows)
    _gate_rows(plan, team, matrices, rows)
    x, following = gated_rows(plan), _first_matrix(plan, layer + 1)
    _multiply(plan, team, matrices.down, following, x, rows, plan.residual, 4 * plan.dim, True)


@kernel
def _classify(plan: Plan, team: Team, rows: int, first: int) -> None:
    """The logits of the rows from `first` on."""
    _normalise_rows(plan, team, plan.norm, first, rows)
    classifier, following = _first_matrix(plan, plan.layers), _first_matrix(plan, 0)
    x, width = quantised_rows(plan), 4 * plan.vocab
    _multiply(plan, team, classifier, following, x, rows - first, plan.logits, width, False)


@kernel
def _embed_rows(plan: Plan, team: Team, rows: int) -> None:
    """Look the tokens up."""
    table = matrix_at(plan.embedding, plan.vocab, plan.dim, plan.embedding_bits, 1)
    part = first_part(team, rows)
    while part.first < part.last:
        for row in range(part.first, part.last):
            token = load_integer(plan.tokens + 8 * row)
            embed(table, token, plan.residual + 4 * plan.dim * row)
        part = next_part(team, rows, part)
    finish(team, rows, part)


@kernel
def forward(plan_address: int, rows: int, first_logits: int) -> None:
    """One pass over `rows` tokens; logits for the rows from `first_logits` on.

    The plan's tokens, positions and page tables say what the rows are; rows of one text stand in
    ascending order, and no two rows write to the same slot of a page.

    With the plan of a thread that helps, the pass is whatever the leading thread begins meanwhile,
    and the ones after it, until none comes for a while; `rows` and `first_logits` say nothing.
    """
    plan = read_plan(plan_address)
    team = team_of(plan)
    announced = begin_pass(team, rows, first_logits)
    while announced:
        rows, first_logits = rows_of(announced), first_logits_of(announced)
        _embed_rows(plan, team, rows)
        for layer in range(plan.layers):
            weights = read_layer(plan.layer_table + LAYER_BYTES * layer)
            _attention(plan, team, weights, layer, rows)
            _feed_forward(plan, team, weights, layer, rows)
        if first_logits < rows:
            _classify(plan, team, rows, first_logits)
        announced = end_pass(team, announced)
