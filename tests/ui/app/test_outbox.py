"""What waits for a slow daemon stays short, and the newest question counts."""

from __future__ import annotations

import threading

from quicktype import protocol
from quicktype.draft import Draft
from ui.app.outbox import Outbox


def question(number: int) -> protocol.Complete:
    return protocol.Complete(number, "me", Draft("x"))


def test_a_newer_question_takes_the_place_of_the_older_and_the_rest_stays() -> None:
    outbox = Outbox()
    learn = protocol.Learn("hi", "me")
    for message in (question(1), learn, protocol.Cancel(1), protocol.Prepare("me"), question(2)):
        outbox.put(message)
    assert [outbox.take(), outbox.take()] == [learn, question(2)]
    assert len(outbox) == 0


def test_the_oldest_of_too_many_go() -> None:
    outbox = Outbox()
    for number in range(100):
        outbox.put(protocol.Feedback("shown", str(number), number))
    assert len(outbox) == 64
    assert outbox.take() == protocol.Feedback("shown", "36", 36)


def test_closing_lets_go_whoever_waits() -> None:
    outbox = Outbox()
    taken: list[object] = []
    thread = threading.Thread(target=lambda: taken.append(outbox.take()))
    thread.start()
    outbox.close()
    thread.join(10)
    assert taken == [None]
