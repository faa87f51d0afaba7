"""From a key to the ghost, through a daemon, with a platform that is played."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quicktype import protocol
from quicktype.client import Client
from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft
from tests.support.fake_completer import HANG_S
from tests.support.fake_daemon import threaded_daemon
from tests.ui.app.stand_ins import FakePlatform, FakePresenter
from tests.ui.core.world import candidate
from ui.app.conductor import Conductor, Ears
from ui.app.link import Link
from ui.core.actions import Event, Mood
from ui.core.machine import Machine
from ui.core.settings import Settings
from ui.platform.interface import (
    App,
    Chord,
    ChordPress,
    Click,
    Done,
    Field,
    Insertion,
    KeyKind,
    KeyPress,
    Reading,
    Role,
    ScreenConversation,
    Window,
)

CHAT = App("konversation")


class Stage:
    """A conductor and all that it is joined to."""

    def __init__(self) -> None:
        self.platform, self.presenter = FakePlatform(), FakePresenter()
        self.said: list[protocol.ClientMessage] = []
        self.heard: list[object] = []
        self.link: Link | None = None
        ears = Ears(
            self.heard.append,
            lambda event, amount: self.heard.append((event, amount)),
            self.heard.append,
            lambda: self.heard.append("pause"),
            lambda: self.heard.append("clipboard"),
            self.heard.append,
        )
        machine = Machine(Settings())
        self.conductor = Conductor(machine, self.platform, self.presenter, self.tell, ears)

    def tell(self, message: protocol.ClientMessage) -> None:
        self.said.append(message)
        if self.link is not None:
            self.link.tell(message)

    def field(self, before: str, sequence: int) -> None:
        draft = Draft(before)
        self.conductor.on_field(
            Field("f", sequence, CHAT, Window("w"), Role.TEXT, editable=True, draft=draft)
        )

    def key(self, sequence: int) -> None:
        self.conductor.on_key(KeyPress(sequence, KeyKind.TEXT, time.monotonic()))

    def until(self, text: str) -> None:
        end = time.monotonic() + HANG_S
        while self.presenter.text != text:
            assert time.monotonic() < end, self.presenter.text
            time.sleep(0.002)


@contextmanager
def started(stage: Stage) -> Iterator[Stage]:
    stage.conductor.start()
    try:
        yield stage
    finally:
        stage.conductor.stop()


@pytest.fixture
def stage() -> Iterator[Stage]:
    with started(Stage()) as stage:
        yield stage


def test_a_key_asks_the_daemon_and_its_answer_shows() -> None:
    stage = Stage()
    with tempfile.TemporaryDirectory(prefix="qt-") as folder:
        path = Path(folder) / "daemon.sock"
        link = Link(
            stage.conductor.on_message,
            stage.heard.append,
            lambda: None,
            lambda: Client(path, timeout=None),
        )
        with threaded_daemon(path) as daemon, started(stage):
            stage.link = link
            stage.field("", 0)
            link.start()
            stage.key(1)
            stage.field("see you tom", 1)
            end = time.monotonic() + HANG_S
            while not stage.platform.refreshed and time.monotonic() < end:
                time.sleep(0.002)
            stage.field("see you tom", 1)  # as the refresh brings it once the daemon is there
            stage.until("orrow at noon")
            assert daemon.completer.requests[-1].app == "konversation"
            press = ChordPress(Chord("Tab"), 1, fresh=True, repeated=False)
            verdict = stage.conductor.on_chord(press)
            assert isinstance(verdict.edit, Insertion)
            assert verdict.edit.text == "orrow"
            stage.conductor.on_done(Done(verdict.edit.number, 2))
            stage.field("see you tomorrow", 2)
            stage.until(" at noon")
            link.close()


def test_the_clock_hides_what_a_silent_app_leaves_behind(stage: Stage) -> None:
    stage.field("see", 0)
    answer(stage, " you")
    stage.key(1)
    assert stage.presenter.text == " you"
    stage.until("")
    assert stage.platform.refreshed == 1


def answer(stage: Stage, text: str) -> None:
    question = next(m for m in reversed(stage.said) if isinstance(m, protocol.Complete))
    stage.conductor.on_message(protocol.Done(question.id, "complete", None, (candidate(text),)))


def test_what_else_happens_is_told(stage: Stage) -> None:
    stage.field("see", 0)
    stage.key(1)
    assert Mood(None, "konversation") in stage.heard
    assert (Event.TYPED, 1) in stage.heard
    pause = next(chord for chord in stage.platform.armed if chord.key == "p")
    stage.conductor.on_chord(ChordPress(pause, 1, fresh=True, repeated=False))
    assert "pause" in stage.heard
    stage.conductor.on_findings(stage.platform.findings)
    assert stage.heard[-1:] == [stage.platform.findings]


def test_switches_and_conversations_reach_the_machine(stage: Stage) -> None:
    stage.field("a", 0)
    talk = Conversation((Turn("Ben", "when?"),))
    stage.conductor.on_conversation(ScreenConversation("f", talk, "Ana"))
    assert isinstance(stage.said[-1], protocol.Complete)
    assert stage.said[-1].conversation == talk
    other = Conversation((Turn("Cleo", "tea?"),))
    stage.conductor.clipboard(other)
    assert isinstance(stage.said[-1], protocol.Complete)
    assert stage.said[-1].conversation == other
    answer(stage, "t noon")
    stage.conductor.on_click(Click(1, 1, time.monotonic()))
    assert stage.presenter.text == ""
    stage.conductor.paused(on=True)
    assert stage.conductor.on_app(CHAT, "") is Reading.NOTHING
    stage.conductor.paused(on=False)
    assert stage.conductor.on_app(CHAT, "") is Reading.TEXT
    stage.conductor.configured(Settings(enabled=False))
    assert stage.conductor.on_app(CHAT, "") is Reading.NOTHING
