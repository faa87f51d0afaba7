"""Ours and peers take turns; a ratio compares two turns that followed each other."""

from __future__ import annotations

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quicktype.bench.peers import PeerError
from quicktype.bench.turns import Turns
from quicktype.bench.work import WORKS

SECONDS = st.floats(1e-6, 10.0)


class Clockwork:
    """Takes the times that it is given, one for each seed; a time of zero is a failure."""

    def __init__(self, name: str, times: list[float], unable: str = "") -> None:
        self.name = name
        self.times = times
        self.unable = unable
        self.closed = False

    def turn(self, name: str, seed: int) -> list[float]:
        if name == self.unable:
            return []
        seconds = self.times[seed]
        if not seconds:
            raise PeerError(f"{self.name} stopped")
        return [seconds * 2, seconds, seconds / 2]

    def close(self) -> None:
        self.closed = True


@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=9))
def test_a_ratio_is_the_median_of_those_between_neighbours(
    pairs: list[tuple[float, float]],
) -> None:
    ours, theirs = ([1.0, *column] for column in zip(*pairs, strict=True))
    peer = Clockwork("peer", list(theirs))
    turns = Turns(Clockwork("ours", list(ours)), [peer])
    for seed in range(1, len(pairs) + 1):
        turns.take(seed)
    expected = median(b / a for a, b in pairs)
    for name in WORKS:
        assert turns.ratio(peer, name) == pytest.approx(expected)
        assert len(turns.seconds[name]) == 3 * len(pairs)


def test_warming_up_does_not_count() -> None:
    peer = Clockwork("peer", [5.0, 2.0])
    turns = Turns(Clockwork("ours", [1.0, 1.0]), [peer])
    turns.warm_up()
    turns.take(1)
    assert turns.ratio(peer, "decode") == 2.0
    assert turns.seconds["decode"] == [2.0, 1.0, 0.5]


def test_what_a_peer_cannot_do_has_no_ratio() -> None:
    peer = Clockwork("peer", [1.0, 3.0], unable="branch4")
    turns = Turns(Clockwork("ours", [1.0, 1.0]), [peer])
    turns.take(1)
    assert turns.ratio(peer, "request") == 3.0
    assert turns.ratio(peer, "branch4") is None


def test_a_peer_that_fails_is_left_out_and_the_others_go_on() -> None:
    weak, strong = Clockwork("weak", [1.0, 1.0, 0.0]), Clockwork("strong", [1.0, 3.0, 3.0])
    turns = Turns(Clockwork("ours", [1.0, 1.0, 1.0]), [weak, strong])
    for seed in (1, 2):
        turns.take(seed)
    assert turns.peers == [strong]
    assert turns.lost == ["weak stopped"]
    assert turns.ratio(strong, "prefill") == 3.0
