"""Which paint belongs to which key."""

from __future__ import annotations

from ui.bench.result import DesktopResult, Paint, Stroke, reactions


def strokes(text: str) -> list[Stroke]:
    """A key every tenth of a second."""
    return [Stroke(place / 10, char) for place, char in enumerate(text)]


def test_a_ghost_belongs_to_the_newest_key_before_it() -> None:
    paints = [Paint(0.010, "e you"), Paint(0.205, "n it"), Paint(0.320, "o")]
    found = reactions(strokes("seex"), paints)
    assert found.keys == 4
    assert found.all.shown == 3
    assert found.asked.shown == 3
    assert found.all.p50_ms == 10.0
    assert found.all.p95_ms == 20.0


def test_typing_along_the_ghost_is_told_apart_from_asking() -> None:
    paints = [Paint(0.010, "ee you"), Paint(0.102, "e you"), Paint(0.204, " you")]
    found = reactions(strokes("see"), paints)
    assert (found.asked.shown, found.along.shown) == (1, 2)
    assert found.along.p95_ms == 4.0


def test_a_better_answer_later_is_not_the_reaction_to_the_key() -> None:
    found = reactions(strokes("s"), [Paint(0.005, "ee"), Paint(0.050, "ee you there")])
    assert (found.all.shown, found.all.p95_ms) == (1, 5.0)


def test_keys_that_rightly_bring_nothing_have_no_time() -> None:
    found = reactions(strokes("zq"), [])
    assert (found.keys, found.all.shown, found.all.p50_ms) == (2, 0, None)
    plain = DesktopResult(found, None, 80.0, 0.0).to_json()
    assert plain["qt"]["all"] == {"shown": 0, "p50_ms": None, "p95_ms": None}
    assert plain["chromium"] is None
