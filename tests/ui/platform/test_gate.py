"""What becomes of a key where a hook is asked about each one before the app sees it."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quicktype.draft import Draft
from tests.ui.platform.played import CHAT, WINDOW, Desk, key
from ui.platform import gate as gates
from ui.platform.gate import Sight
from ui.platform.interface import (
    PASS,
    SWALLOW,
    Chord,
    ChordPress,
    Click,
    Field,
    Insertion,
    KeyKind,
    KeyPress,
    Modifier,
    Reading,
    Rect,
    Removal,
    Role,
    Verdict,
)

TAB, BACKSPACE = Chord("Tab"), Chord("BackSpace")


def insertion(text: str, number: int = 1, field: str = "f1") -> Verdict:
    return Verdict(taken=True, edit=Insertion(number, field, text))


def test_letters_reach_the_app_and_are_told_before_what_they_did() -> None:
    desk = Desk()
    desk.type("hi")
    kinds = [told.kind for told in desk.listener.told if isinstance(told, KeyPress)]
    assert kinds == [KeyKind.TEXT, KeyKind.TEXT]
    last = desk.listener.fields()[-1]
    assert last.draft is not None
    assert (last.draft.before, last.sequence) == ("hi", 2)
    first_key = next(i for i, told in enumerate(desk.listener.told) if isinstance(told, KeyPress))
    drafts = [
        f.draft.before for f in desk.listener.told[:first_key] if isinstance(f, Field) and f.draft
    ]
    assert set(drafts) == {""}


def test_tab_belongs_to_the_app_while_nothing_is_armed() -> None:
    desk = Desk()
    assert desk.press("Tab")
    assert not desk.listener.presses()


def test_a_taken_chord_is_never_seen_and_its_text_is_there_before_the_next_key() -> None:
    desk = Desk()
    desk.type("see ")
    desk.gate.arm({TAB})
    desk.listener.answer = lambda _press: insertion("you")
    assert not desk.press("Tab")
    assert desk.press("!")
    desk.app.work()
    assert desk.app.text == "see you!"
    done = desk.listener.dones()[0]
    assert not done.trouble
    desk.look()
    assert desk.listener.fields()[-1].sequence == done.sequence + 1


def test_a_chord_that_is_not_wanted_reaches_the_app() -> None:
    desk = Desk()
    desk.gate.arm({TAB})
    assert desk.press("Tab")
    assert [told.kind for told in desk.listener.told if isinstance(told, KeyPress)] == [KeyKind.TAB]


def test_a_chord_waits_until_the_app_shows_what_was_typed_before() -> None:
    desk = Desk(look=lambda: None)
    desk.listener.answer = lambda _press: SWALLOW
    desk.gate.arm({TAB})
    desk.press("a")

    def read() -> None:
        desk.app.work()
        desk.look()

    reader = threading.Thread(target=read)
    gates_wait = desk.gate._turn.wait

    def wait(timeout: float | None = None) -> bool:
        if not reader.is_alive() and not desk.app.text:
            reader.start()
        return gates_wait(timeout)

    desk.gate._turn.wait = wait  # type: ignore[method-assign]
    desk.press("Tab")
    reader.join()
    assert [press.fresh for press in desk.listener.presses()] == [True]


def test_it_does_not_wait_for_ever() -> None:
    desk = Desk(look=lambda: None)
    desk.gate.arm({TAB})
    desk.press("a")
    assert desk.press("Tab")
    assert [press.fresh for press in desk.listener.presses()] == [False]


def test_a_chord_that_is_held_down_stays_ours_until_it_is_let_go() -> None:
    desk = Desk()
    desk.gate.arm({TAB})
    desk.listener.answer = lambda _press: SWALLOW
    assert desk.gate.key(key("Tab"))
    desk.gate.arm(frozenset())
    assert desk.gate.key(key("Tab"))
    assert desk.gate.key(key("Tab", pressed=False))
    assert not desk.gate.key(key("Tab"))
    assert [press.repeated for press in desk.listener.presses()] == [False]


def test_repeats_are_told_as_repeats() -> None:
    desk = Desk()
    desk.gate.arm({TAB})
    desk.listener.answer = lambda _press: SWALLOW
    assert desk.gate.key(key("Tab"))
    assert desk.gate.key(key("Tab"))
    assert desk.gate.key(key("Tab", pressed=False))
    assert desk.gate.key(key("Tab"))
    assert [press.repeated for press in desk.listener.presses()] == [False, True, False]


def test_a_release_is_swallowed_once_and_no_other_ever() -> None:
    desk = Desk()
    desk.gate.arm({TAB})
    desk.listener.answer = lambda _press: SWALLOW
    assert not desk.gate.key(key("Tab", pressed=False))
    assert not desk.press("Tab")
    assert not desk.gate.key(key("Tab", pressed=False))


def test_modifiers_make_another_chord() -> None:
    desk = Desk()
    desk.gate.arm({Chord("Tab", frozenset({Modifier.SHIFT}))})
    desk.listener.answer = lambda _press: SWALLOW
    assert desk.press("Tab")
    assert not desk.press("Tab", Modifier.SHIFT)


def test_whatever_fails_the_app_gets_the_key() -> None:
    desk = Desk()
    desk.gate.arm({TAB})

    def fail(_press: ChordPress) -> Verdict:
        raise RuntimeError("a listener that fails")

    desk.listener.answer = fail
    assert desk.press("Tab")
    desk.listener.answer = lambda _press: SWALLOW
    assert not desk.press("Tab")


def test_typing_goes_on_while_somebody_else_has_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "_TURN_S", 0.01)
    desk = Desk()
    holds, let_go = threading.Event(), threading.Event()

    def hang(_listener: object) -> None:
        holds.set()
        let_go.wait(10)

    hung = threading.Thread(target=lambda: desk.gate.tell(hang))
    hung.start()
    holds.wait(10)
    try:
        assert desk.press("a")
        desk.gate.arm({TAB})  # and arming waits for nobody, as the listener may be the one who arms
        assert hung.is_alive()
    finally:
        let_go.set()
        hung.join()


def test_nothing_is_put_into_another_field_than_the_one_that_was_meant() -> None:
    desk = Desk()
    desk.gate.arm({TAB})
    desk.listener.answer = lambda _press: insertion("you", field="another")
    assert not desk.press("Tab")
    assert desk.app.queue == []
    assert "focus" in desk.listener.dones()[0].trouble


@pytest.mark.parametrize("text", ["one\ntwo", "a\tb", "\x1b"])
def test_what_would_press_a_key_is_not_typed(text: str) -> None:
    desk = Desk()
    desk.gate.arm({TAB})
    desk.listener.answer = lambda _press: insertion(text)
    desk.press("Tab")
    assert desk.app.queue == []
    assert desk.listener.dones()[0].trouble


def test_an_insertion_is_taken_back_cluster_by_cluster() -> None:
    desk = Desk()
    desk.type("so ")
    desk.gate.edit(Insertion(7, "f1", "nai\u0308ve"))
    desk.gate.edit(Removal(7))
    assert desk.app.queue == ["nai\u0308ve", *["BackSpace"] * 5]
    assert [done.trouble for done in desk.listener.dones()] == ["", ""]
    desk.gate.edit(Removal(7))
    assert desk.listener.dones()[-1].trouble == "it was not inserted by us"


def test_hands_that_cannot_say_why() -> None:
    desk = Desk()

    def refuse(text: str) -> str:
        return "the system lets us type nothing here"

    desk.app.write = refuse  # type: ignore[method-assign]
    desk.gate.edit(Insertion(1, "f1", "you"))
    assert desk.listener.dones()[0].trouble == "the system lets us type nothing here"
    desk.type("a")
    assert desk.listener.fields()[-1].sequence == 2


def test_a_dead_key_is_told_as_composing_until_the_next_key() -> None:
    desk = Desk()
    dead = key("^")
    assert dead.stroke is not None
    desk.gate.key(replace(dead, stroke=replace(dead.stroke, kind=KeyKind.COMPOSE, text="")))
    desk.look()
    assert desk.listener.fields()[-1].composing
    desk.type("e")
    assert not desk.listener.fields()[-1].composing


def test_a_field_that_becomes_a_password_field_is_told_and_has_no_draft() -> None:
    desk = Desk(look=lambda: None)
    desk.type("hello")
    secret = Sight(Field("f1", 0, CHAT, WINDOW, Role.PASSWORD), None, Reading.TEXT)
    desk.gate.see(secret)
    desk.gate.see(secret)
    assert [field.role for field in desk.listener.fields()].count(Role.PASSWORD) == 1
    assert desk.listener.fields()[-1].draft is None
    desk.press("x")
    assert desk.listener.fields()[-1].draft is None


def blind(role: Role = Role.UNKNOWN, allowed: Reading = Reading.KEYS) -> Sight:
    return Sight(Field("w1", 0, CHAT, WINDOW, role), None, allowed)


def test_where_an_app_tells_nothing_the_keys_may_make_up_the_draft_until_enter() -> None:
    desk = Desk(look=lambda: None)
    desk.gate.see(blind())
    for letter in "helo":
        desk.press(letter)
    desk.press("BackSpace")
    desk.gate.arm({TAB})
    desk.listener.answer = lambda _press: insertion("lo", field="w1")
    desk.press("Tab")
    desk.press("!")
    told = desk.listener.fields()[-1]
    assert told.draft is not None
    assert (told.draft.before, told.from_keys, told.role) == ("hello!", True, Role.TEXT)
    desk.press("Return")
    told = desk.listener.fields()[-1]
    assert told.draft is not None
    assert told.draft.before == ""


def test_a_window_that_moves_keeps_its_draft_and_one_that_comes_back_does_not() -> None:
    desk = Desk(look=lambda: None)
    desk.gate.see(blind())
    desk.press("a")
    moved = blind()
    desk.gate.see(replace(moved, field=replace(moved.field, box=Rect(5, 5, 100, 20))))
    desk.press("b")
    assert desk.listener.fields()[-1].draft == Draft("ab")
    desk.look()
    desk.gate.see(blind())
    assert desk.listener.fields()[-1].role is Role.UNKNOWN
    desk.look()
    desk.gate.see(blind())
    assert desk.listener.fields()[-1].role is Role.UNKNOWN
    desk.press("c")
    assert desk.listener.fields()[-1].draft == Draft("c")


def test_keys_may_be_allowed_and_forbidden_while_the_window_stays() -> None:
    desk = Desk(look=lambda: None)
    desk.gate.see(blind(allowed=Reading.NOTHING))
    desk.press("a")
    desk.gate.see(blind())
    desk.press("b")
    assert desk.listener.fields()[-1].draft == Draft("b")
    desk.gate.see(blind(allowed=Reading.NOTHING))
    told = len(desk.listener.fields())
    desk.press("c")
    assert len(desk.listener.fields()) == told


@pytest.mark.parametrize(
    "sight", [blind(Role.PASSWORD), blind(Role.TERMINAL), blind(allowed=Reading.TEXT), None]
)
def test_keys_are_kept_nowhere_else(sight: Sight | None) -> None:
    desk = Desk(look=lambda: None)
    desk.gate.see(sight)
    for letter in "secret":
        desk.press(letter)
    told = [told for told in desk.listener.told if told is None or isinstance(told, Field)]
    assert told[-1] is None or told[-1].draft is None
    assert "secret" not in repr(vars(desk.gate))


def test_a_click_forgets_what_the_keys_told() -> None:
    desk = Desk(look=lambda: None)
    desk.gate.see(blind())
    desk.press("a")
    desk.gate.click(Click(1, 2, 0.0))
    desk.press("b")
    told = desk.listener.fields()[-1]
    assert told.draft is not None
    assert told.draft.before == "b"


def test_the_field_is_looked_at_until_it_shows_the_key() -> None:
    desk = Desk(look=lambda: None)
    assert desk.gate.look_at is None
    desk.press("a")
    assert desk.gate.look_at is not None
    desk.app.work()
    desk.look()
    assert desk.gate.look_at is None


KEYS = st.lists(
    st.tuples(st.sampled_from([*"abc ", "BackSpace", "Tab", "Tab"]), st.booleans()), max_size=25
)
"""Keys, each with whether Tab is armed by then."""


@given(KEYS, st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_however_slow_the_app_is_its_text_is_what_keys_and_accepts_mean(
    keys: list[tuple[str, bool]], pace: list[int]
) -> None:
    """Nothing lost, nothing doubled, nothing out of order; a fresh press knows the whole text."""
    desk, meant, amounts = Desk(look=lambda: None), "", itertools.cycle(pace)
    known: list[bool] = []

    def look() -> None:
        desk.app.work(next(amounts))
        desk.look()

    desk.gate._look = look

    def answer(press: ChordPress) -> Verdict:
        told = desk.listener.fields()[-1].draft
        if not press.fresh or told is None:
            return PASS
        known.append(meant.startswith(told.before))
        return insertion(f"<{len(meant)}>", len(desk.listener.told))

    desk.listener.answer = answer
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gates, "FREEZE_S", 0.002)
        for name, tab_is_armed in keys:
            desk.gate.arm({TAB} if tab_is_armed else frozenset())
            if not desk.press(name):
                meant += f"<{len(meant)}>"
            elif name == "BackSpace":
                meant = meant[:-1]
            else:
                meant += "\t" if name == "Tab" else name
    desk.app.work()
    assert desk.app.text == meant
    assert all(known)
