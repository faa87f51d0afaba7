"""Which keys does a reading hold?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ui.platform.ledger import QUIET_S, UNKNOWN, Effect, Ledger, Mark

LETTER, ERASED = Effect(1, 1), Effect(-1, -1)


def mark(length: int, begun: float, selected: int = 0, node: str = "field") -> Mark:
    return Mark(node, length, length, selected, begun)


def test_a_reading_from_before_the_key_does_not_hold_it() -> None:
    ledger = Ledger()
    ledger.read(mark(3, 0.0))
    ledger.expect(1, LETTER, 1.0)
    assert ledger.read(mark(3, 1.001)) == 0
    assert ledger.read(mark(4, 1.002)) == 1


def test_of_three_letters_two_are_there() -> None:
    ledger = Ledger()
    ledger.read(mark(0, 0.0))
    for sequence in (1, 2, 3):
        ledger.expect(sequence, LETTER, 1.0)
    assert ledger.read(mark(2, 1.001)) == 2
    assert ledger.quiet_at is not None
    assert ledger.read(mark(3, 1.002)) == 3
    assert ledger.quiet_at is None


def test_an_app_that_is_quicker_than_the_recording() -> None:
    ledger = Ledger()
    ledger.read(mark(0, 0.0))
    assert ledger.read(mark(2, 1.0)) == 0
    ledger.expect(1, LETTER, 1.01)
    assert ledger.quiet_at is not None
    ledger.expect(2, LETTER, 1.01)
    assert ledger.settled == 2
    assert ledger.quiet_at is None


def test_a_key_of_unknown_effect_is_seen_when_anything_changes() -> None:
    ledger = Ledger()
    ledger.read(mark(5, 0.0))
    ledger.expect(1, UNKNOWN, 1.0)
    assert ledger.read(mark(5, 1.001)) == 0
    assert ledger.read(mark(0, 1.002)) == 1


def test_quiet_settles_what_never_shows() -> None:
    ledger = Ledger()
    ledger.read(mark(0, 0.0))
    ledger.expect(1, ERASED, 1.0)
    assert ledger.read(mark(0, 1.0 + QUIET_S / 2)) == 0
    assert ledger.read(mark(0, 1.0 + QUIET_S)) == 1


def test_another_field_is_read_after_the_keys() -> None:
    ledger = Ledger()
    ledger.read(mark(9, 0.0))
    ledger.expect(1, UNKNOWN, 1.0)
    assert ledger.read(mark(4, 1.01, node="other")) == 1


def test_a_letter_that_was_corrected_is_not_taken_for_the_new_one() -> None:
    """After each letter the caret is at the same place: only a pause tells which one is there."""
    ledger = Ledger()
    ledger.read(mark(3, 0.0))
    for sequence, effect in enumerate((LETTER, ERASED, LETTER), 1):
        ledger.expect(sequence, effect, 1.0)
    assert ledger.read(mark(4, 1.001)) == 1
    assert ledger.read(mark(4, 1.01)) == 1
    assert ledger.read(mark(4, 1.0 + QUIET_S)) == 3


def test_a_text_that_somebody_else_changed_explains_the_next_keys() -> None:
    ledger = Ledger()
    ledger.read(mark(9, 0.0))
    ledger.read(mark(0, 1.0))
    ledger.expect(1, LETTER, 1.5)
    assert ledger.read(mark(1, 1.501)) == 1


@given(st.lists(st.sampled_from([LETTER, ERASED]), max_size=30), st.data())
def test_whatever_is_typed_the_last_reading_holds_it_all(
    effects: list[Effect], data: st.DataObject
) -> None:
    """The recording and the app may each lag behind the other, as long as both come to the end."""
    ledger, recorded, shown, clock = Ledger(), 0, 0, 0.0
    lengths = [100]
    for effect in effects:
        lengths.append(lengths[-1] + effect.grows)
    ledger.read(mark(100, clock))
    while recorded < len(effects) or shown < len(effects):
        clock += 0.001
        if recorded < len(effects) and (shown == len(effects) or data.draw(st.booleans())):
            recorded += 1
            ledger.expect(recorded, effects[recorded - 1], clock)
        else:
            shown += 1
            ledger.read(mark(lengths[shown], clock))
    clock += QUIET_S
    ledger.read(mark(lengths[-1], clock))
    assert ledger.settled == len(effects)
    assert ledger.quiet_at is None
