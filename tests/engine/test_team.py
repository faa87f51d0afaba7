"""Threads that share passes: the same bits as one thread, whoever comes late, or never, or dies."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import session as engine_session
from engine import team
from engine.model import Model
from engine.session import Session
from tests.support.children import run_python
from tests.support.engine_models import MIXES, SHAPES, SMALL, smooth_checkpoint, some_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = st.lists(st.integers(0, SMALL.vocab - 1), min_size=1, max_size=60)
ON_POSIX = sys.platform != "win32"


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(smooth_checkpoint(SMALL, four_bits=MIXES["four bits in every other matrix"]))


@pytest.fixture(autouse=True)
def _small_passes_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_session, "SHARED_BYTES", 0)


def same(left: np.ndarray, right: np.ndarray) -> bool:
    return left.tobytes() == right.tobytes()


def chat(session: Session, texts: list[list[int]], branches: int) -> bytes:
    """The logits of a few texts, and of some branches that grow from each of them."""
    logits = []
    for text in texts:
        root = session.prefill(text)
        grown = session.decode([(root, token) for token in range(branches)])
        again = session.decode([(branch, 7) for branch in grown])
        logits += [branch.logits for branch in (root, *grown, *again)]
    return b"".join(row.tobytes() for row in logits)


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.integers(1, 16), st.integers(2, 5))
def test_any_number_of_threads_gives_the_bits_of_one(
    model: Model, texts: list[list[int]], branches: int, threads: int
) -> None:
    shared = Session(model, threads=threads)
    assert shared.shares()
    assert chat(shared, texts, branches) == chat(Session(model), texts, branches)


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_and_bits_of_all_kinds(shape: str, mix: str) -> None:
    model = Model(smooth_checkpoint(SHAPES[shape], four_bits=MIXES[mix]))
    texts = [some_tokens(model.config, 120), some_tokens(model.config, 31, seed=2)]
    alone = chat(Session(model), texts, 5)
    assert all(chat(Session(model, threads=count), texts, 5) == alone for count in (2, 3, 4))


def test_weights_read_from_memory_are_shared_too(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.model.CACHED_BYTES", 0)
    text = some_tokens(SMALL, 50)
    assert chat(Session(model, threads=3), [text], 4) == chat(Session(model), [text], 4)


def test_many_more_threads_than_processors(model: Model) -> None:
    texts = [some_tokens(SMALL, length, seed=length) for length in range(1, 60, 3)]
    assert chat(Session(model, threads=24), texts, 3) == chat(Session(model), texts, 3)


def test_a_thread_that_never_comes_is_not_waited_for(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(team._Helper, "wake", lambda _helper: None)
    text = some_tokens(SMALL, 50)
    assert chat(Session(model, threads=4), [text], 4) == chat(Session(model), [text], 4)


def test_a_system_without_room_for_threads_computes_in_one(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    text = some_tokens(SMALL, 50)
    assert chat(Session(model, threads=2), [text], 4) == chat(Session(model), [text], 4)


def test_whoever_helps_goes_away_again_when_there_is_nothing_to_do(model: Model) -> None:
    session = Session(model, threads=2)
    session.prefill([1, 2, 3])
    table = session._team_here()._memory[3]
    before = session.prefill([1, 2, 4]).logits.copy()
    model.kernels.forward(int(table[1].ctypes.data), 0, 0)  # comes back: no pass is on
    assert same(session.prefill([1, 2, 4]).logits, before)


def engine_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == team.NAME}


def test_threads_start_when_they_are_needed_and_end_with_the_session(model: Model) -> None:
    before = engine_threads()
    session = Session(model, threads=3)
    assert engine_threads() == before
    session.prefill([1, 2, 3])
    ours = engine_threads() - before
    assert len(ours) == 2
    del session
    gc.collect()
    for thread in ours:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in ours)


class Alarm(Exception):  # noqa: N818 (a signal, not an error)
    pass


class Alarms:
    """Exceptions out of the blue, every two milliseconds, as Ctrl-C is one; each has to be set."""

    def __init__(self) -> None:
        self.set = False

    def ring(self, _number: int, _frame: object) -> None:
        if self.set:
            self.set = False
            raise Alarm


if ON_POSIX:

    @pytest.fixture
    def alarms() -> Iterator[Alarms]:
        clock = Alarms()
        before = signal.signal(signal.SIGALRM, clock.ring)
        signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
        yield clock
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    def test_an_exception_at_any_moment_leaves_the_team_able_to_go_on(
        model: Model, alarms: Alarms
    ) -> None:
        text = some_tokens(SMALL, 100)
        wanted = Session(model).prefill(text).logits
        session = Session(model, threads=3)
        session.prefill(text)
        ours, rung = session._team_here(), 0
        while rung < 100:
            try:
                alarms.set = True
                for rows in (100, 7, 99, 1):
                    ours.forward(rows, rows - 1)
                alarms.set = False
            except Alarm:
                rung += 1
        ours.forward(100, 99)
        assert same(session._buffers["logits"][0, : SMALL.vocab], wanted)

    def test_a_child_of_a_fork_has_threads_of_its_own() -> None:
        assert run_python(FORK) == "child: same, 2 threads\nparent: same, 2 threads\n"

    FORK = """
import os
import sys
import threading
import warnings
from engine import session as engine_session
from engine.model import Model
from engine.session import Session
from tests.support.engine_models import SMALL, smooth_checkpoint, some_tokens

warnings.simplefilter("ignore")  # that other threads are not forked is what this is about
engine_session.SHARED_BYTES = 0
model = Model(smooth_checkpoint(SMALL))
text = some_tokens(SMALL, 50)
wanted = Session(model).prefill(text).logits.tobytes()
session = Session(model, threads=2)
session.prefill(text[:20])
child = os.fork()
same = session.prefill(text).logits.tobytes() == wanted
if child:
    os.waitpid(child, 0)
who, what = "parent" if child else "child", "same" if same else "different"
print(f"{who}: {what}, {threading.active_count()} threads")
"""


def test_a_program_can_end_at_any_moment() -> None:
    assert run_python(ENDING) == "ends\n"


ENDING = """
import sys
import threading
import time
from engine import session as engine_session
from engine.model import Model
from engine.session import Session
from tests.support.engine_models import SMALL, smooth_checkpoint, some_tokens

engine_session.SHARED_BYTES = 0
text = some_tokens(SMALL, 100)
session = Session(Model(smooth_checkpoint(SMALL)), threads=3)

def forever():
    while True:
        session.prefill(text)
        session.prefill(text[1:])

threading.Thread(target=forever, daemon=True).start()
time.sleep(0.3)
print("ends")
"""


def test_small_passes_are_left_to_one_thread(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_session, "SHARED_BYTES", 3 * model.weight_bytes)
    session = Session(model, threads=2)
    assert not session.shares()
    assert not session.shares(2)
    assert session.shares(3)
    assert not Session(model).shares(100)


def test_no_threads_at_all_are_refused(model: Model) -> None:
    with pytest.raises(ValueError, match="in one thread or more, not 0"):
        Session(model, threads=0)
