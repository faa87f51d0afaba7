"""From what was counted to what is reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quicktype.evaluation.typist import FIELDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Sums = NDArray[np.float64]

_KEY_MS = (120, 240, 480)
"""A fast typist, an average one (Dhakal and others, CHI 2018), and a slow one."""
_RIGHT_MS, _WRONG_MS, _SOBER_WRONG_MS = 10, 50, 200
"""What a look at a suggestion costs (Chitnis and others, 2024), and what a sober judge says."""
_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of 1, at one threshold; `net` counts time, with wrong shows at 50 and 200 ms."""

    savings: float
    net_120: float
    net_240: float
    net_480: float
    sober_120: float
    sober_240: float
    sober_480: float
    trigger_rate: float
    precision: float
    words_per_show: float
    flicker: float


NAMES = tuple(Figures.__slots__)


def figures(sums: Sums) -> Figures:
    """Of one tally, as an array."""
    return Figures(*(float(value) for value in _all(sums)))


def interval(by_chat: Sums, name: str, seed: int = 1) -> tuple[float, float]:
    """What a figure is in 95% of resamplings of the conversations [chats, fields]."""
    random = np.random.default_rng(seed)
    chats = len(by_chat)
    weights = random.multinomial(chats, np.full(chats, 1 / chats), size=_RESAMPLES)
    values = _all(weights @ by_chat)[NAMES.index(name)]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)


def _all(sums: Sums) -> Sums:
    """All figures [figures, ...] of tallies [..., fields]."""
    of = dict(zip(FIELDS, np.moveaxis(sums, -1, 0), strict=True))
    shows = of["right_shows"] + of["wrong_shows"]

    def net(key_ms: int, wrong_ms: int) -> Sums:
        time = key_ms * of["keys"] + _RIGHT_MS * of["right_shows"] + wrong_ms * of["wrong_shows"]
        saved: Sums = 1 - time / (key_ms * of["characters"])
        return saved

    table: Sums = np.stack(
        [
            1 - of["keys"] / of["characters"],
            *(net(key, wrong) for wrong in (_WRONG_MS, _SOBER_WRONG_MS) for key in _KEY_MS),
            of["shown"] / of["carets"],
            _share(of["words_right"], of["words_shown"]),
            _share(of["words_right"], shows),
            _share(of["flickered"], of["followed"]),
        ]
    )
    return table


def _share(part: Sums, whole: Sums) -> Sums:
    """A share, 0 of nothing."""
    share: Sums = part / np.maximum(whole, 1)
    return share
