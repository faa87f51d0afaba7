"""The link finds, loses and starts daemons, and nobody waits for it."""

from __future__ import annotations

import os
import queue
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from quicktype import protocol
from quicktype.client import Client
from quicktype.conversation import Conversation
from quicktype.draft import Draft
from quicktype.protocol import ServerMessage
from tests.support.fake_completer import HANG_S, INFO
from tests.support.fake_daemon import daemon_process, threaded_daemon
from ui.app import link as module
from ui.app.link import Health, Link, LinkState, Starting


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="qt-") as folder:
        yield Path(folder) / "daemon.sock"


class Ear:
    """Hears what a link tells."""

    def __init__(self) -> None:
        self.states: queue.Queue[LinkState] = queue.Queue()
        self.messages: queue.Queue[ServerMessage] = queue.Queue()

    def until(self, health: Health) -> LinkState:
        while True:
            state = self.states.get(timeout=HANG_S)
            if state.health is health:
                return state

    def done(self, number: int) -> protocol.Done:
        while True:
            message = self.messages.get(timeout=HANG_S)
            if isinstance(message, protocol.Done) and message.id == number:
                return message


@contextmanager
def linked(
    path: Path, spawn: Callable[[], Starting | None] = lambda: None
) -> Iterator[tuple[Link, Ear]]:
    ear = Ear()
    link = Link(ear.messages.put, ear.states.put, spawn, lambda: Client(path, timeout=None))
    link.start()
    try:
        yield link, ear
    finally:
        link.close()
        for thread in link._threads:
            thread.join(HANG_S)
            assert not thread.is_alive()


def ask(number: int, draft: str = "see you tom") -> protocol.Complete:
    return protocol.Complete(number, "me", Draft(draft), conversation=Conversation())


def test_a_question_is_answered(path: Path) -> None:
    with threaded_daemon(path), linked(path) as (link, ear):
        assert ear.until(Health.READY).model == INFO
        link.tell(ask(1))
        assert ear.done(1).candidates[0].text == "orrow at noon"


def test_a_daemon_that_comes_later_is_found(path: Path) -> None:
    with linked(path) as (_, ear):
        assert "quicktype start" in ear.until(Health.GONE).words
        with threaded_daemon(path):
            ear.until(Health.READY)


def test_a_daemon_that_dies_is_started_again(path: Path) -> None:
    with ExitStack() as processes:

        def spawn() -> Starting:
            processes.enter_context(daemon_process(path))
            return Alive()

        with linked(path, spawn) as (link, ear):
            ear.until(Health.READY)
            link.tell(ask(1))
            ear.done(1)
            with Client(path) as client:
                pid = client.status().pid
            os.kill(pid, signal.SIGKILL)
            ear.until(Health.READY)
            link.tell(ask(2))
            ear.done(2)


class Alive:
    def last_words(self) -> str | None:
        return None


class Dead:
    def last_words(self) -> str | None:
        return "no model came with this quicktype"


def test_why_it_cannot_be_started_is_said(path: Path) -> None:
    with linked(path, Dead) as (_, ear):
        assert ear.until(Health.GONE).words == "no model came with this quicktype"


def test_a_stopped_daemon_is_said_to_hang_and_heals(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 0.2)
    with daemon_process(path) as process, linked(path) as (link, ear):
        ear.until(Health.READY)
        os.kill(process.pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            for number in range(1, 2000):
                link.tell(ask(number, "x" * 2000))
            assert time.monotonic() - began < HANG_S
            assert "does not answer" in ear.until(Health.HUNG).words
        finally:
            os.kill(process.pid, signal.SIGCONT)
        ear.until(Health.READY)
        link.tell(ask(3000))
        assert ear.done(3000).reason == "complete"


def test_with_no_daemon_what_is_told_is_dropped(path: Path) -> None:
    with linked(path) as (link, ear):
        ear.until(Health.GONE)
        link.tell(ask(1))
        with threaded_daemon(path) as daemon:
            ear.until(Health.READY)
            link.tell(ask(2))
            ear.done(2)
            assert len(daemon.completer.requests) == 1


def test_a_failure_of_ours_is_told_and_the_link_is_made_anew(path: Path) -> None:
    failures = iter([RuntimeError("our own mistake")])

    def fail_once(message: ServerMessage) -> None:
        for failure in failures:
            raise failure
        ear.messages.put(message)

    ear = Ear()
    link = Link(fail_once, ear.states.put, lambda: None, lambda: Client(path, timeout=None))
    with threaded_daemon(path):
        link.start()
        assert "RuntimeError" in ear.until(Health.GONE).words
        ear.until(Health.READY)
        link.tell(ask(1))
        ear.done(1)
        link.close()
        for thread in link._threads:
            thread.join(HANG_S)


def test_a_link_ends_while_it_waits_for_anything(path: Path) -> None:
    with linked(path, Alive) as (_, ear):
        ear.until(Health.STARTING)
    with threaded_daemon(path), linked(path) as (_, ear):
        ear.until(Health.READY)
