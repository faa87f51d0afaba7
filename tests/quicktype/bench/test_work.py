"""The work is the same for whoever does it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from quicktype.bench import work


class Diary(work.Reader):
    """Writes down what it is told; expects the token after the last one, then the next higher."""

    vocab = 1000

    def __init__(self) -> None:
        self.texts: list[tuple[int, ...]] = []
        self.steps: list[tuple[int, ...]] = []

    def _logits(self, token: int) -> NDArray[np.float32]:
        distance = (np.arange(self.vocab) - token - 1) % self.vocab
        return -distance.astype(np.float32)

    def read(self, text: Sequence[int]) -> NDArray[np.float32]:
        self.texts.append(tuple(text))
        return self._logits(text[-1])

    def branch(self, tokens: Sequence[int]) -> list[NDArray[np.float32]]:
        return self.extend(tokens)

    def extend(self, tokens: Sequence[int]) -> list[NDArray[np.float32]]:
        self.steps.append(tuple(tokens))
        return [self._logits(token) for token in tokens]


@pytest.mark.parametrize("name", work.WORKS)
def test_a_seed_means_the_same_tokens(name: str) -> None:
    diaries = [Diary(), Diary(), Diary()]
    for diary, seed in zip(diaries, (1, 1, 2), strict=True):
        assert all(seconds > 0 for seconds in work.turn(diary, name, seed))
    first, again, other = diaries
    assert (first.texts, first.steps) == (again.texts, again.steps)
    assert first.texts != other.texts


def test_a_decode_is_sixteen_steps_after_eight_that_do_not_count() -> None:
    diary = Diary()
    assert len(work.turn(diary, "decode", 3)) == 16
    assert [len(text) for text in diary.texts] == [92]
    assert [len(step) for step in diary.steps] == [1] * 24


def test_branches_are_eight_steps_of_four_after_eight_that_do_not_count() -> None:
    diary = Diary()
    assert len(work.turn(diary, "branch4", 3)) == 8
    assert [len(text) for text in diary.texts] == [92]
    assert [len(step) for step in diary.steps] == [4] * 16


def test_prefills_have_nothing_in_common() -> None:
    diary = Diary()
    taken = work.turn(diary, "prefill", 3)
    assert [len(text) for text in diary.texts] == [128] * len(taken)
    assert len({text[0] for text in diary.texts}) == len(taken)


def test_requests_have_a_hundred_tokens_in_common() -> None:
    diary = Diary()
    taken = work.turn(diary, "request", 3)
    cached, *texts = diary.texts
    assert len(texts) == len(taken)
    assert len({text[100] for text in texts}) == len(texts)
    for text in texts:
        assert text[:100] == cached
        assert len(text) == 103
    assert [len(step) for step in diary.steps] == [4] * 8 * len(taken)


def test_a_request_carries_the_four_likeliest_tokens_on_greedily() -> None:
    words = work.complete(Diary(), [7, 5])
    assert words == [list(range(first, first + 8)) for first in (6, 7, 8, 9)]
