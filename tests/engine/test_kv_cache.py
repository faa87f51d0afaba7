"""Pages that texts share: nobody sees what another one writes, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.kv_cache import KVCache, OutOfPages, common_prefix, pages_for
from tests.support.engine_models import SMALL

TINY = replace(SMALL, layers=1, heads=2, kv_heads=1, head_dim=16)
PAGES = 12


class SharedPages(RuleBasedStateMachine):
    """Texts grow, branch and go in any order; each must always read back what it wrote itself."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = KVCache(TINY, PAGES)
        self.texts: list[tuple[tuple[int, ...], list[int]]] = [((), [])]
        self.next_mark = 0

    def write(self, table: tuple[int, ...], position: int) -> int:
        self.next_mark = (self.next_mark + 1) % 251
        self.cache._memory[table[position // 16], position % 16] = self.next_mark
        return self.next_mark

    @rule(pick=st.integers(0, 99), keep=st.integers(0, 60), count=st.integers(1, 40))
    def branch(self, pick: int, keep: int, count: int) -> None:
        table, text = self.texts[pick % len(self.texts)]
        length = min(keep, len(text))
        before = self.cache.free
        try:
            grown = self.cache.grow(table, len(text), length, count)
        except OutOfPages:
            assert self.cache.free == before
            return
        marks = [self.write(grown, length + i) for i in range(count)]
        self.texts.append((grown, [*text[:length], *marks]))

    @precondition(lambda self: len(self.texts) > 1)
    @rule(pick=st.integers(0, 99))
    def release(self, pick: int) -> None:
        table, _ = self.texts.pop(1 + pick % (len(self.texts) - 1))
        self.cache.release(table)

    @rule(pick=st.integers(0, 99))
    def share(self, pick: int) -> None:
        table, text = self.texts[pick % len(self.texts)]
        self.texts.append((self.cache.share(table), text))

    @invariant()
    def everyone_reads_what_they_wrote(self) -> None:
        for table, text in self.texts:
            read = [self.cache._memory[table[i // 16], i % 16] for i in range(len(text))]
            assert read == text

    @invariant()
    def pages_are_used_or_free(self) -> None:
        used = {page for table, _ in self.texts for page in table}
        assert self.cache.free == PAGES - len(used)


TestSharedPages = SharedPages.TestCase


def test_the_first_to_grow_writes_in_place_and_the_second_gets_a_copy() -> None:
    cache = KVCache(TINY, 4)
    root = cache.grow((), 0, 0, 5)
    first = cache.grow(root, 5, 5, 1)
    second = cache.grow(root, 5, 5, 1)
    assert first == root
    assert second != root


def test_a_full_cache_says_what_to_do() -> None:
    cache = KVCache(TINY, 2)
    cache.grow((), 0, 0, 20)
    with pytest.raises(OutOfPages, match=r"1 pages are needed, 0 of 2 are free; release branches"):
        cache.grow((), 0, 0, 1)


def test_common_beginnings() -> None:
    assert common_prefix([1, 2, 3], [1, 2, 4, 5]) == 2
    assert common_prefix([1, 2], [1, 2, 3]) == 2
    assert common_prefix([], [1]) == 0
    assert [pages_for(length) for length in (0, 1, 16, 17)] == [0, 1, 1, 2]
