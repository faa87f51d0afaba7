"""Keys and values of the past, in pages of 16 positions that texts share.

A text's page table lists its pages in order. Texts with a common beginning list the same pages; a
page goes back when its last user lets it go. A text grows into its last page as long as nobody else
has written further there; else it first gets a copy of that page of its own (copy-on-write).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.kernels.layout import PAGE, page_bytes
from engine.memory import address, aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.config import ModelConfig


class OutOfPages(Exception):  # noqa: N818 (says what happened)
    """The KV cache is full; nothing was changed."""


def pages_for(length: int) -> int:
    """How many pages hold `length` positions."""
    return (length + PAGE - 1) // PAGE


def common_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    """How many tokens two texts begin with alike."""
    for index, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return index
    return min(len(left), len(right))


class KVCache:
    """A pool of pages. Page tables are tuples of page numbers; each holds one use of its pages."""

    def __init__(self, config: ModelConfig, pages: int) -> None:
        size = page_bytes(config.layers, config.kv_heads * config.head_dim)
        self._memory = aligned((pages, size), np.uint8)
        self.addresses = [address(self._memory) + size * page for page in range(pages)]
        """Where each page lies, by its number."""
        self._users = [0] * pages
        self._filled = [0] * pages
        # The page that was let go last is taken first: it is warm, and the rest stays untouched.
        self._free = list(range(pages))[::-1]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return len(self._users)

    @property
    def free(self) -> int:
        """How many pages nobody uses."""
        return len(self._free)

    def grow(self, table: Sequence[int], length: int, keep: int, count: int) -> tuple[int, ...]:
        """A new table: the first `keep` positions of a text, and room for `count` more.

        `table` and `length` are the old text's; it stays as it is. The new table is one more user
        of the pages that both share. Raises OutOfPages.
        """
        kept = tuple(table[: pages_for(keep)])
        slot = keep % PAGE
        copying = slot > 0 and (length > keep or self._written_beyond(kept[-1], slot))
        needed = pages_for(keep + count) - len(kept) + copying
        if needed > len(self._free):
            raise OutOfPages(
                f"the KV cache is full: {needed} pages are needed, {len(self._free)} of "
                f"{self.pages} are free; release branches, or open the session with more pages"
            )
        fresh = [self._free.pop() for _ in range(needed)]
        if copying:
            self._memory[fresh[0]] = self._memory[kept[-1]]
            kept = kept[:-1]
        for page in kept:
            self._users[page] += 1
        for page in fresh:
            self._users[page] = 1
        grown = (*kept, *fresh)
        for page in grown[keep // PAGE :]:
            self._filled[page] = PAGE
        if (keep + count) % PAGE:
            self._filled[grown[-1]] = (keep + count) % PAGE
        return grown

    def share(self, table: Sequence[int]) -> tuple[int, ...]:
        """The same table for one more user."""
        for page in table:
            self._users[page] += 1
        return tuple(table)

    def release(self, table: Sequence[int]) -> None:
        """Give one use of each page of `table` back."""
        for page in table:
            self._users[page] -= 1
            if not self._users[page]:
                self._free.append(page)

    def _written_beyond(self, page: int, slot: int) -> bool:
        """Whether another user may need what lies in a page from `slot` on."""
        return self._users[page] > 1 and self._filled[page] > slot
