"""In which order do keys reach the desk, whoever tells of them first?"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from ui.x11.hands import Grabbed, NotGrabbed
from ui.x11.keyboard import RawClick, RawKey
from ui.x11.sender import Typed
from ui.x11.stream import Stream

TAB, LETTER = 23, 38


def press(keycode: int, stamp: int) -> RawKey:
    return RawKey(pressed=True, keycode=keycode, modifiers=0, stamp=stamp, at=0.0)


def grab(stamp: int, question: int = 1) -> Grabbed:
    return Grabbed(question, TAB, stamp, None)


@dataclass
class PlayedHands:
    covered: frozenset[int] = frozenset({TAB})
    asked: list[int] = field(default_factory=list)

    def resolve(self, token: int) -> None:
        self.asked.append(token)


class Story:
    """A stream, and what reached the app so far."""

    def __init__(self) -> None:
        self.hands, self.delivered = PlayedHands(), list[RawKey | RawClick]()
        self.stream = Stream(self.hands, self.delivered.append, 60.0)

    def record(self, *raws: RawKey | RawClick) -> None:
        for raw in raws:
            self.stream.put(raw)
        self.stream.flow()

    def grab(self, stamp: int) -> None:
        self.stream.grabbed(grab(stamp))
        self.stream.flow()

    def decide(self, *, taken: bool, editing: bool = False) -> None:
        self.stream.decided(taken=taken, editing=editing)
        self.stream.flow()


def test_a_letter_whose_recording_is_late_comes_before_the_chord() -> None:
    story, letter, chord, later = Story(), press(LETTER, 1), press(TAB, 2), press(LETTER, 3)
    story.grab(2)
    story.record(letter, chord, later)
    assert story.delivered == [letter]
    pending = story.stream.pending
    assert pending is not None
    assert pending.raw == chord
    story.decide(taken=False)
    assert story.delivered == [letter, chord, later]


def test_a_tab_that_the_app_got_is_not_taken_for_the_one_that_came_to_us() -> None:
    story, first, letter, second = Story(), press(TAB, 1), press(LETTER, 2), press(TAB, 3)
    story.record(first, letter)
    assert story.delivered == []
    story.grab(3)
    assert story.delivered == [first, letter]
    story.stream.not_grabbed(NotGrabbed(story.hands.asked[0]))
    story.record(second)
    story.decide(taken=True)
    assert story.delivered == [first, letter]


def test_a_covered_key_that_nobody_grabbed_goes_its_way() -> None:
    story, chord, letter = Story(), press(TAB, 1), press(LETTER, 2)
    story.record(chord, letter)
    story.stream.not_grabbed(NotGrabbed(story.hands.asked[0]))
    story.stream.flow()
    assert story.delivered == [chord, letter]


def test_a_chord_that_was_taken_before_it_was_recorded() -> None:
    story, letter = Story(), press(LETTER, 3)
    story.grab(2)
    story.decide(taken=True)
    story.record(press(TAB, 2), letter)
    assert story.delivered == [letter]


def test_what_is_typed_during_an_edit_counts_when_it_is_typed_again() -> None:
    story, before, again = Story(), press(LETTER, 3), press(LETTER, 9)
    story.grab(2)
    story.record(press(TAB, 2), before)
    story.decide(taken=True, editing=True)
    story.record(again)
    assert story.delivered == []
    story.stream.edited([Typed(pressed=True, keycode=LETTER, stamp=3)])
    story.stream.flow()
    assert story.delivered == [again]


def test_a_failure_lets_everything_go() -> None:
    story, letter = Story(), press(LETTER, 3)
    story.grab(2)
    story.record(press(TAB, 2), letter)
    story.stream.forget()
    story.stream.flow()
    assert story.delivered == [letter]
    assert not story.stream.busy


@given(st.lists(st.sampled_from([TAB, LETTER]), max_size=12), st.data())
def test_the_order_of_the_keys_is_that_of_the_recording(
    keycodes: list[int], data: st.DataObject
) -> None:
    """Some Tabs came to us, and the word of it is sooner or later than the recording."""
    story = Story()
    keys = [press(keycode, stamp) for stamp, keycode in enumerate(keycodes)]
    ours = [key for key in keys if key.keycode == TAB and data.draw(st.booleans())]
    recorded = list(keys)
    told = list(ours)
    while recorded or told or story.stream.busy:
        pending = story.stream.pending
        if pending is not None and (pending.raw is not None or not recorded):
            story.decide(taken=False)
        elif told and pending is None and (not recorded or data.draw(st.booleans())):
            story.grab(told.pop(0).stamp)
        elif recorded and (pending is not None or not story.stream.busy):
            story.record(recorded.pop(0))
        elif not any(key.stamp <= _asked_about(keys, story) for key in told):
            story.stream.not_grabbed(NotGrabbed(story.hands.asked[-1]))
            story.stream.flow()
        else:
            story.grab(told.pop(0).stamp)
    assert story.delivered == keys


def _asked_about(keys: list[RawKey], story: Story) -> int:
    """The stamp of the key in question: the first that was not delivered."""
    return keys[len(story.delivered)].stamp
