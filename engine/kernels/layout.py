"""How matrices and the KV cache lie in memory; shared by the kernels and by those who fill it.

A matrix is cut into blocks of 16 rows, and its columns into groups of 32; it has eight bits a
weight, or four.

Eight bits: a block begins with the rows' scales, in half precision, for each group in turn, filled
up to a multiple of 64 bytes. Then, group by group, come the weights: eight runs of 64 bytes, each
with 4 columns of row 0, the same 4 of row 1, and so on. So one 64-byte load holds what 16 dot
products need at once. A weight is the unsigned byte ``q + 128`` and stands for ``scale * q``.

Four bits: a block is its groups in turn, each of 320 bytes: the rows' steps and the rows' minimums,
in half precision, then four runs of 64 bytes. The low halves of their bytes are the first, third,
fifth and seventh run of the eight above, the high halves the others. A weight is ``q`` from 0 to 15
and stands for ``step * q + minimum``, so a block of GGML's Q4_1 fits bit for bit.

A page of the KV cache holds 16 positions. For each layer it has the keys,
``[kv_heads][head_dim][16]`` (transposed, so that one load holds one number of 16 positions), then
the values, ``[kv_heads][16][head_dim]``, all in half precision.
"""

GROUP = 32
"""Columns that share a scale."""
BLOCK_ROWS = 16
"""Rows in a block."""
SCALE_BYTES = 2 * BLOCK_ROWS
"""The scales of one group in one block; with four bits the steps, and as many for the minimums."""
GROUP_BYTES = GROUP * BLOCK_ROWS
"""The weights of one group in one block, in eight bits."""
GROUP4_BYTES = 2 * SCALE_BYTES + GROUP_BYTES // 2
"""One group in one block, in four bits: steps, minimums and weights."""
LINE = 64
"""Bytes in a cache line, and the alignment of every block."""
PAGE = 16
"""Positions in a page of the KV cache."""
MAX_ROWS = 128
"""Tokens that one forward pass takes at most."""
MAX_LOGITS = 16
"""Rows of logits that one forward pass gives at most."""


def head_bytes(groups: int) -> int:
    """Bytes of the scales at the head of an eight-bit block whose rows have `groups` groups."""
    return (groups * SCALE_BYTES + LINE - 1) // LINE * LINE


def block_bytes(groups: int, bits: int = 8) -> int:
    """Bytes of a block whose rows have `groups` groups; `bits` is 8 or 4."""
    return head_bytes(groups) + groups * GROUP_BYTES if bits == 8 else groups * GROUP4_BYTES


def blocks_of(rows: int) -> int:
    """How many blocks hold `rows` rows; the last one is filled up with zeros."""
    return (rows + BLOCK_ROWS - 1) // BLOCK_ROWS


def matrix_bytes(rows: int, columns: int, bits: int = 8) -> int:
    """Bytes of a packed matrix; `columns` is a multiple of 32."""
    return blocks_of(rows) * block_bytes(columns // GROUP, bits)


def page_bytes(layers: int, kv_width: int) -> int:
    """Bytes of a page of the KV cache; `kv_width` is kv_heads * head_dim."""
    return layers * 2 * kv_width * PAGE * 2
