from __future__ import annotations

import numpy as np
import pytest

from quicktype.evaluation.figures import figures, interval
from quicktype.evaluation.typist import Tally

HALF = Tally(
    characters=100, keys=50, carets=40, shown=10, right_shows=8, wrong_shows=2,
    words_shown=20, words_right=15, followed=10, flickered=1,
)  # fmt: skip


def test_the_figures_of_a_tally() -> None:
    found = figures(HALF.as_array())
    assert found.savings == 0.5
    assert found.net_240 == pytest.approx(1 - (50 * 240 + 8 * 10 + 2 * 50) / (100 * 240))
    assert found.sober_480 == pytest.approx(1 - (50 * 480 + 8 * 10 + 2 * 200) / (100 * 480))
    assert found.trigger_rate == 0.25
    assert found.precision == 0.75
    assert found.words_per_show == 1.5
    assert found.flicker == 0.1


def test_nothing_shown_is_no_division_by_nothing() -> None:
    found = figures(Tally(characters=3, keys=3, carets=2).as_array())
    assert (found.savings, found.precision, found.words_per_show, found.flicker) == (0, 0, 0, 0)


def test_an_interval_holds_the_figure_and_shrinks_with_more_conversations() -> None:
    rng = np.random.default_rng(5)
    keys = rng.integers(40, 100, size=400)
    chats = np.stack([Tally(100, int(count), carets=1).as_array() for count in keys])
    low, high = interval(chats, "savings")
    few_low, few_high = interval(chats[:20], "savings")
    assert low < figures(chats.sum(axis=0)).savings < high
    assert few_high - few_low > 2 * (high - low)
    assert interval(chats[:1], "savings") == pytest.approx([1 - keys[0] / 100] * 2)
