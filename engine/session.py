"""Reading and writing text with a model: prefill, then decode, in as many branches as wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from engine.kernels.layout import BLOCK_ROWS, MAX_LOGITS, MAX_ROWS, blocks_of
from engine.kernels.plan import Plan
from engine.kv_cache import KVCache, common_prefix, pages_for
from engine.memory import address, aligned
from engine.team import ALONE, Team

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from engine.model import Model

MAX_BRANCHES = MAX_LOGITS
"""How many branches one call of `Session.decode` takes a step in."""
CHUNK = MAX_ROWS
"""How many tokens of a prompt are computed between two looks at `cancelled`."""
_BRANCH_PAGES = 6
SHARED_BYTES = 50_000_000
"""How many bytes of weights make it worth while to share a pass among threads: those of a decode,
or of a prefill those of all its tokens together."""


class ContextOverflow(ValueError):  # noqa: N818 (says what happened)
    """A text is longer than the model's context."""


class Cancelled(Exception):  # noqa: N818 (says what happened)
    """`cancelled` said so; what was computed until then is kept for the next prefill."""


class Branch:
    """A text that the model has read, and what it expects next.

    A branch keeps its part of the KV cache until it is released: by `release`, at the end of a
    ``with`` block, or when nobody refers to it any more. Its children stay valid, its logits too.
    """

    __slots__ = ("_cache", "_pages", "logits", "reused", "tokens")

    def __init__(
        self,
        cache: KVCache,
        pages: tuple[int, ...],
        tokens: tuple[int, ...],
        logits: NDArray[np.float32],
        reused: int,
    ) -> None:
        self._cache = cache
        self._pages: tuple[int, ...] | None = pages
        self.tokens = tokens
        """The text, as token ids."""
        self.logits = logits
        """float32 [vocab]: the logits of the token that comes next."""
        self.reused = reused
        """How many of the tokens were found in the cache."""

    @property
    def length(self) -> int:
        """How many tokens the text has."""
        return len(self.tokens)

    @property
    def pages(self) -> tuple[int, ...]:
        """Its page table; raises ValueError once it is released."""
        if self._pages is None:
            raise ValueError("this branch was released")
        return self._pages

    def release(self) -> None:
        """Give its part of the KV cache back; twice is as good as once."""
        if self._pages is not None:
            self._cache.release(self._pages)
            self._pages = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __del__(self) -> None:
        self.release()


class Session:
    """One text in the KV cache and branches that grow from it; for one thread at a time.

    `pages` is the size of the KV cache in pages of 16 tokens; by default there is room for a full
    context and for 16 branches of a few pages each. `threads` is how many compute, the caller's
    included, where it is worth while (`shares`); the results are the same, bit for bit. Raises
    ValueError for fewer than one thread.
    """

    def __init__(self, model: Model, *, pages: int | None = None, threads: int = 1) -> None:
        if threads < 1:
            raise ValueError(f"a session computes in one thread or more, not {threads}")
        self.model = model
        self.threads = threads
        config = model.config
        self._width = pages_for(config.context)
        self.cache = KVCache(config, pages or self._width + MAX_BRANCHES * _BRANCH_PAGES)
        self._buffers = _buffers(model, self._width)
        self._plan = np.array(_plan(model, self._buffers), np.int64)
        self._plan_address = address(self._plan)
        self._team: Team | None = None
        # Views that take single integers quickly.
        self._tokens = self._buffers["tokens"].data
        self._positions = self._buffers["positions"].data
        self._page_tables = self._buffers["page_tables"].data
        self._tables = [table.data for table in self._buffers["tables"]]
        self._table_addresses = [address(table) for table in self._buffers["tables"]]
        self._no_logits = np.empty(0, np.float32)
        self._root = Branch(self.cache, (), (), self._no_logits, 0)

    def prefill(self, tokens: Sequence[int], cancelled: Callable[[], bool] | None = None) -> Branch:
        """Read a text, or only what is new of it: the longest common beginning is kept.

        `cancelled` is asked before every 128 tokens. Raises ContextOverflow, Cancelled,
        `kv_cache.OutOfPages`, and ValueError for no tokens or ids that the model does not have.
        The text stays in the cache for the next prefill, even when its branch is released.
        """
        text = tuple(tokens)
        self._check(text)
        known = common_prefix(self._root.tokens, text)
        if known == len(text) == self._root.length and self._root.logits.size:
            return self._branch(self._root, self.cache.share(self._root.pages), known)
        # The last token is computed in any case: its logits are wanted.
        reused = start = min(known, len(text) - 1)
        while start < len(text):
            if cancelled is not None and cancelled():
                raise Cancelled("prefill was cancelled")
            self._root = self._read(self._root, text[: start + CHUNK], start, len(text))
            start = self._root.length
        return self._branch(self._root, self.cache.share(self._root.pages), reused)

    def decode(self, steps: Sequence[tuple[Branch, int]]) -> list[Branch]:
        """Take one step in up to 16 branches at once: a new branch for each (branch, next token).

        The same branch may appear more than once. Raises ContextOverflow, `kv_cache.OutOfPages`,
        and ValueError for too many steps, ids that the model does not have, released branches.
        """
        if not steps:
            return []
        if len(steps) > MAX_BRANCHES:
            raise ValueError(f"decode takes {MAX_BRANCHES} branches at once, not {len(steps)}")
        texts = [(*branch.tokens, token) for branch, token in steps]
        for text in texts:
            self._check_length(len(text))
            self._check_token(text[-1])
        tables = self._grown([branch for branch, _ in steps])
        for row, (text, table) in enumerate(zip(texts, tables, strict=True)):
            self._set_row(row, row, text[-1], len(text) - 1)
            self._set_table(row, table)
        logits = self._forward(len(steps), 0, shared=self.shares())
        rows = zip(tables, texts, logits, strict=True)
        return [Branch(self.cache, table, text, row, len(text) - 1) for table, text, row in rows]

    def shares(self, tokens: int = 1) -> bool:
        """Whether threads share the prefill of so many tokens, or a decode, which is like one."""
        return self.threads > 1 and tokens * self.model.weight_bytes >= SHARED_BYTES

    def release(self, branch: Branch) -> None:
        """Give a branch's part of the KV cache back, as `Branch.release` does."""
        branch.release()

    def _check(self, tokens: tuple[int, ...]) -> None:
        self._check_length(len(tokens))
        if not tokens:
            raise ValueError("there are no tokens to read")
        self._check_token(min(tokens))
        self._check_token(max(tokens))

    def _check_length(self, length: int) -> None:
        context = self.model.config.context
        if length > context:
            raise ContextOverflow(f"{length} tokens do not fit the model's context of {context}")

    def _check_token(self, token: int) -> None:
        if not 0 <= token < self.model.config.vocab:
            raise ValueError(f"token ids lie from 0 to {self.model.config.vocab - 1}, not {token}")

    def _branch(self, root: Branch, pages: tuple[int, ...], reused: int) -> Branch:
        return Branch(self.cache, pages, root.tokens, root.logits, reused)

    def _read(self, root: Branch, text: tuple[int, ...], start: int, whole: int) -> Branch:
        """Compute ``text[start:]`` in one pass; logits if the whole text, by length, ends here."""
        count = len(text) - start
        pages = self.cache.grow(root.pages, root.length, start, count)
        self._set_table(0, pages)
        for row in range(count):
            self._set_row(row, 0, text[start + row], start + row)
        logits = self._no_logits
        if len(text) == whole:
            logits = self._forward(count, count - 1, shared=self.shares(count))[0]
        else:
            self._forward(count, count, shared=self.shares(count))
        return Branch(self.cache, pages, text, logits, start)

    def _grown(self, branches: list[Branch]) -> list[tuple[int, ...]]:
        """A table with room for one more token for each branch, or for none of them."""
        tables: list[tuple[int, ...]] = []
        try:
            for branch in branches:
                table = self.cache.grow(branch.pages, branch.length, branch.length, 1)
                tables.append(table)
        except BaseException:
            for table in tables:
                self.cache.release(table)
            raise
        return tables

    def _set_row(self, row: int, table: int, token: int, position: int) -> None:
        self._tokens[row] = token
        self._positions[row] = position
        self._page_tables[row] = self._table_addresses[table]

    def _set_table(self, number: int, pages: tuple[int, ...]) -> None:
        table, addresses = self._tables[number], self.cache.addresses
        for index, page in enumerate(pages):
            table[index] = addresses[page]

    def _forward(self, rows: int, first: int, *, shared: bool) -> NDArray[np.float32]:
        """Run the rows that were set; a copy of the logits from row `first` on."""
        if shared:
            self._team_here().forward(rows, first)
        else:
            self.model.kernels.forward(self._plan_address, rows, first)
        logits: NDArray[np.float32] = self._buffers["logits"][: rows - first]
        return logits[:, : self.model.config.vocab].copy()

    def _team_here(self) -> Team:
        """The threads, started when they are first needed, and again after a fork."""
        if self._team is None or not self._team.alive:
            plan = Plan(*self._plan.tolist())
            self._team = Team(self.model, plan, self.threads, self._buffers)
        return self._team


def _buffers(model: Model, table_width: int) -> dict[str, NDArray[Any]]:
    """The memory that `Plan` describes; `tables` is what the page tables' addresses point into."""
    config = model.config
    queries, keys = config.heads * config.head_dim, config.kv_heads * config.head_dim
    stride = max(config.dim, queries)
    single, integer = np.float32, np.int64
    return {
        "tokens": aligned(MAX_ROWS, integer),
        "positions": aligned(MAX_ROWS, integer),
        "page_tables": aligned(MAX_ROWS, integer),
        "tables": aligned((MAX_LOGITS, table_width), integer),
        "residual": aligned((MAX_ROWS, config.dim), single),
        "projected": aligned((MAX_ROWS, queries + 2 * keys), single),
        "attended": aligned((MAX_ROWS, queries), single),
        "gated": aligned((MAX_ROWS, 2 * config.hidden), single),
        "logits": aligned((MAX_LOGITS, blocks_of(config.vocab) * BLOCK_ROWS), single),
        "scores": aligned((4, table_width * BLOCK_ROWS), single),
        "values": aligned((MAX_ROWS, stride), np.int8),
        "scales": aligned((MAX_ROWS, stride // 32), single),
        "offsets": aligned((MAX_ROWS, stride // 32), np.int32),
        "gated_values": aligned((MAX_ROWS, config.hidden), np.int8),
        "gated_scales": aligned((MAX_ROWS, config.hidden // 32), single),
        "gated_offsets": aligned((MAX_ROWS, config.hidden // 32), np.int32),
    }


def _plan(model: Model, buffers: dict[str, NDArray[Any]]) -> Plan:
    """The sizes and addresses that the machine code is told."""
    config = model.config
    sizes = {
        "dim": config.dim,
        "hidden": config.hidden,
        "layers": config.layers,
        "heads": config.heads,
        "kv_heads": config.kv_heads,
        "head_dim": config.head_dim,
        "vocab": blocks_of(config.vocab) * BLOCK_ROWS,
        "value_stride": buffers["values"].shape[1],
        "score_stride": buffers["scores"].strides[0],
        "in_memory": int(model.in_memory),
        **ALONE,
    }
    fields = [name for name in Plan._fields if name not in sizes]
    places = {
        name: address(buffers[name]) if name in buffers else model.fact(name) for name in fields
    }
    return Plan(**sizes, **places)
