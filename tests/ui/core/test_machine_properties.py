"""What holds whatever is pressed, told and answered, and in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from quicktype import protocol
from quicktype.draft import Draft
from tests.ui.core.world import World
from ui.core.actions import Action, Show, Tell
from ui.core.settings import Settings, Suggesting
from ui.platform.interface import App, Role

ANSWERS = ("pqr stu vw", "pq", "rs t u", " pq rs", "pq\nrs", "stu pqr stu", " ")
"""What is suggested; the letters that are typed at random are others, so that nothing wrong looks
right by chance."""
SILENT: list[dict[str, Any]] = [
    {"role": Role.PASSWORD, "draft": None},
    {"role": Role.PASSWORD},
    {"role": Role.TERMINAL},
    {"app": App("keepassxc")},
    {"app": App("firefox"), "site": "www.mybank.com"},
    {"selected": 1},
    {"composing": True},
    {"editable": False},
]
PLAIN: dict[str, Any] = {
    "role": Role.TEXT,
    "app": App("konversation"),
    "site": "",
    "selected": 0,
    "composing": False,
    "editable": True,
}

letters = st.sampled_from("ab ")
keys = st.sampled_from(
    [*"ab ", "Backspace", "Left", "Home", "End", "Enter", "Esc", "F5", "Ctrl+C"]
    + ["Tab"] * 6
    + ["Shift+Tab", "Alt+]", "Alt+\\", "Ctrl+Alt+P"]
)
typing_keys = st.sampled_from([*"ab ", *["Tab"] * 4, "Shift+Tab", "Backspace"])
answers = st.tuples(
    st.just("answer"), st.lists(st.sampled_from(ANSWERS), max_size=3), st.booleans()
)
shown = st.tuples(st.just("answer"), st.just(["pqr stu vw", "pq xyz"]), st.booleans())
along = st.tuples(st.just("along"), st.booleans())
typing = st.tuples(st.just("key"), typing_keys, st.booleans(), st.booleans())
told = st.tuples(st.just("tell"))
waits = st.tuples(st.just("wait"), st.sampled_from([0.01, 0.05, 1.0]))
steps = st.one_of(
    st.tuples(st.just("key"), keys, st.booleans(), st.booleans()),
    along,
    answers,
    shown,
    st.tuples(st.just("late"), st.integers(0, 5), st.sampled_from(ANSWERS)),
    told,
    waits,
    st.tuples(st.just("silent"), st.sampled_from(SILENT)),
    st.tuples(st.just("plain")),
    st.tuples(st.just("elsewhere"), st.text(letters, max_size=4)),
    st.tuples(st.just("leave")),
    st.tuples(st.just("click")),
    st.tuples(st.just("pause"), st.booleans()),
    st.tuples(st.just("connected")),
    st.tuples(st.just("conversation"), st.sampled_from("xy")),
)
races = st.one_of(typing, typing, along, shown, told, waits)
"""What a fast typist and a slow app do to each other."""


class Watched(World):
    """Checks after every step what must hold; keeps what the daemon ever promised."""

    def __init__(self) -> None:
        super().__init__(Settings(learning=True, suggestions=Suggesting(openings=True)))
        self.lines: set[str] = set()
        """All that the drafts would become with the candidates that were answered."""
        self.paused = False
        self.fields = 1

    def step(self, step: tuple[Any, ...]) -> None:
        kind, *details = step
        getattr(self, f"do_{kind}")(*details)
        self.check_ghost()

    def do(self, actions: Sequence[Action]) -> None:
        super().do(actions)
        if self.silent():
            self.check_silence(actions)

    def silent(self) -> bool:
        """Whether the field that was told last is one that is left alone."""
        told = self.told
        return (
            self.paused
            or told is None
            or told.draft is None
            or told.role is not Role.TEXT
            or told.app.name != "konversation"
            or bool(told.selected)
            or told.composing
            or not told.editable
        )

    def check_silence(self, actions: Sequence[Action]) -> None:
        assert self.ghost == ""
        for action in actions:
            assert not isinstance(action, Show)
            if isinstance(action, Tell):
                assert isinstance(action.message, protocol.Cancel), action
        assert {str(chord) for chord in self.armed} <= {"Ctrl+Alt+p"}

    def check_ghost(self) -> None:
        if not self.ghost:
            return
        assert not self.silent()
        assert self.told is not None
        assert self.told.draft is not None
        assert self.shown_in is not None
        assert self.shown_in.draft is not None
        assert "\n" not in self.ghost
        line = self.shown_in.draft.before + self.ghost
        assert any(known.startswith(line) for known in self.lines), (line, self.lines)
        assert line.startswith(self.told.draft.before)
        if self.told.sequence == self.key_sequence:
            assert self.shown_in.draft == self.told.draft

    def do_key(self, key: str, tell: bool, fresh: bool) -> None:
        inserted = len(self.inserted)
        self.press(key, tell=tell, fresh=fresh)
        for insertion in self.inserted[inserted:]:
            assert not self.silent()
            assert "\n" not in insertion.text
            line = insertion.before.before + insertion.text
            assert any(known.startswith(line) for known in self.lines)

    def do_along(self, tell: bool) -> None:
        if self.ghost:
            self.do_key(self.ghost[0], tell, fresh=True)

    def do_answer(self, texts: list[str], last: bool) -> None:
        if self.questions:
            self._promise(self.question, texts)
            self.answer(*texts, last=last)

    def do_late(self, which: int, text: str) -> None:
        if self.questions:
            self.answer(text, to=self.questions[which % len(self.questions)], last=False)
            if which % len(self.questions) == len(self.questions) - 1:
                self._promise(self.question, [text])

    def _promise(self, question: protocol.Complete, texts: list[str]) -> None:
        self.lines |= {question.draft.before + text for text in texts}

    def do_tell(self) -> None:
        self.tell_next()

    def do_wait(self, seconds: float) -> None:
        self.wait(seconds)
        if seconds > 0.04 and self.told is not None:
            stale = self.told.sequence < self.key_sequence
            assert not (stale and self.ghost)

    def do_silent(self, changes: dict[str, Any]) -> None:
        self.focus(**changes)

    def do_plain(self) -> None:
        self.focus(**PLAIN, draft=self.app.draft or Draft())

    def do_elsewhere(self, text: str) -> None:
        self.fields += 1
        self.untold.clear()
        self.focus(**PLAIN, identity=f"f{self.fields}", draft=Draft(text))

    def do_leave(self) -> None:
        self.leave()

    def do_click(self) -> None:
        self.click()

    def do_pause(self, on: bool) -> None:
        self.paused = on
        self.do(self.machine.paused(on=on))

    def do_connected(self) -> None:
        self.do(self.machine.connected())

    def do_conversation(self, text: str) -> None:
        self.conversation(("Ben", text))


def play(script: list[tuple[Any, ...]]) -> Watched:
    world = Watched()
    world.focus()
    for step in script:
        world.step(step)
    return world


@settings(max_examples=400)
@given(script=st.lists(steps, max_size=60))
def test_no_wrong_letter_and_nothing_where_silence_is_due(script: list[tuple[Any, ...]]) -> None:
    play(script)


@settings(max_examples=400)
@given(script=st.lists(races, max_size=60), slowly=st.booleans())
def test_the_app_ends_with_what_keys_and_accepts_mean(
    script: list[tuple[Any, ...]], slowly: bool
) -> None:
    """A second book beside the app's: letters, erasures, and what chords put in and took out."""
    world = Watched()
    if slowly:
        world.tell_insertion = world.tell_next  # type: ignore[method-assign]
    world.focus()
    book: list[str] = [""]
    for step in script:
        keys, inserted = len(world.reached_the_app), len(world.inserted)
        world.step(step)
        for key in world.reached_the_app[keys:]:
            if len(key) == 1:
                book.append(book[-1] + key)
            elif key == "Backspace":
                book.append(book[-1][:-1])
        if len(world.inserted) > inserted:
            book.append(book[-1] + world.inserted[-1].text)
        elif len(world.inserted) < inserted:
            book.append(next(text for text in reversed(book[:-1]) if book[-1].startswith(text)))
    assert world.app.draft == Draft(book[-1])


@given(script=st.lists(steps, max_size=40))
def test_an_idle_desktop_wakes_nobody(script: list[tuple[Any, ...]]) -> None:
    world = play(script)
    world.told_all()
    world.wait(2.0)
    assert world.machine.wake_at is None


@given(script=st.lists(steps, max_size=40))
def test_from_any_state_typing_leads_to_a_suggestion(script: list[tuple[Any, ...]]) -> None:
    world = play(script)
    world.told_all()
    world.do_pause(False)
    world.focus(**PLAIN, identity="fresh", draft=Draft("see"))
    world.type(" y")
    world.answer("ou there")
    assert world.ghost == "ou there"
    world.press("Tab")
    assert world.text == "see you|"
    world.press("Backspace")
    assert world.text == "see y|"


def test_silent_places_stay_silent_after_a_fuzz_of_fields() -> None:
    """Each kind of silent field, entered with a suggestion showing."""
    for changes in SILENT:
        world = Watched()
        world.focus(draft=Draft("a"))
        world.do_answer(["ba b"], True)
        assert world.ghost == "ba b"
        world.step(("silent", changes))
        assert world.ghost == ""
        world.app = replace(world.app, draft=world.app.draft)
        world.step(("key", "Tab", True, True))
        assert world.reached_the_app[-1] == "Tab"
