"""Whatever is sent, questions are answered once, and memory stays small."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.support.fake_daemon import ThreadedDaemon

MEGABYTE = 1 << 20

QUESTIONS = [
    b'{"type":"complete","id":%d,"conversation":[],"speaker":"Ana","draft":{}}' % name
    for name in (1, 2, 3)
]
questions = st.sampled_from(QUESTIONS).map(lambda line: line + b"\n")
pieces = questions | st.sampled_from(
    [
        b"\n",
        b'{"type":"cancel","id":1}\n',
        b'{"type":"prepare","conversation":[],"speaker":"Ana"}\n',
        b'{"type":"observe","conversation_id":"a","turns":[{"speaker":"Ana","text":"hi"}]}\n',
        b'{"type":"complete","id":9,"conversation_id":"a","speaker":"Ana","draft":{}}',
        b'{"type":"feedback","event":"dismissed"}\n',
        b'{"type":"forget","all":true}\n',
        b'{"type":"status"}\n',
        b'{"type":',
        b'"\\ud800"',
    ]
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(stream=st.lists(pieces | st.binary(max_size=20), max_size=20).map(b"".join))
def test_each_question_gets_one_last_word_whatever_stands_between(
    daemon: ThreadedDaemon, stream: bytes
) -> None:
    with daemon.peer() as peer:
        peer.send(stream + b"\n")
        peer.socket.shutdown(1)
        answers = peer.rest()
    asked = [line for line in stream.split(b"\n") if line.strip() in QUESTIONS]
    done = [answer["id"] for answer in answers if answer["type"] == "done" and answer["id"] != 9]
    assert len(done) == len(asked)
    kinds = {answer["type"] for answer in answers}
    assert kinds <= {"done", "suggestions", "status", "error"}


def test_ten_megabytes_without_a_newline_fill_no_memory(daemon: ThreadedDaemon) -> None:
    with daemon.peer() as peer:
        assert peer.still_served()
        tracemalloc.start()
        try:
            for _ in range(160):
                peer.send(b"x" * (MEGABYTE // 16))
            assert peer.hear()["code"] == "too_large"
            peer.send(b"\n")
            assert peer.still_served()
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert most < 4 * MEGABYTE


def test_a_flood_of_nonsense_keeps_nobody_waiting(daemon: ThreadedDaemon) -> None:
    """Its answers are not read, so after a while the daemon stops to listen, but only to it."""
    sent = 0
    with daemon.peer() as flooder, daemon.peer() as other:
        flooder.socket.setblocking(False)
        try:
            while sent < 64 * MEGABYTE:
                sent += flooder.socket.send(b"{}\n" * 20_000)
        except BlockingIOError:
            other.complete(1, "see you tom")
            assert other.last_word(1)["reason"] == "complete"
    assert sent < 8 * MEGABYTE
