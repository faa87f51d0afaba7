"""The completer on the real engine: a tiny model of random weights, so what it says is nonsense."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.model import Model
from engine.session import Session
from quicktype.completer import Completer, Completion, CompletionRequest, Reason
from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft
from tests.support.tiny_model import tiny_checkpoint

DINNER = Conversation(
    (
        Turn("Ana", "are we still on for dinner tomorrow?"),
        Turn("Ben", "yes! what time works for you?"),
    )
)


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(tiny_checkpoint())


@pytest.fixture(scope="module")
def session(model: Model) -> Session:
    return Session(model)


@pytest.fixture(scope="module")
def completer(model: Model, session: Session) -> Completer:
    return Completer(model, session=session)


def ask(completer: Completer, draft: str, *, gate: bool = False) -> Completion:
    request = CompletionRequest(DINNER, "Ana", Draft(draft), candidates=8, words=16, gate=gate)
    return completer.complete(request)


def test_a_message_typed_key_by_key_is_answered_as_if_each_key_were_the_first(
    model: Model, completer: Completer
) -> None:
    """What lies in the cache from earlier keys changes nothing, not by a bit."""
    message = "how about seven o'clock, see you there"
    for length in range(0, len(message) + 1, 3):
        warm = ask(completer, message[:length])
        cold = ask(Completer(model), message[:length])
        assert warm.candidates == cold.candidates
        assert cold.timing.reused_tokens == 0


@settings(max_examples=60)
@given(draft=st.text(max_size=30), gate=st.booleans())
def test_every_request_gives_back_all_that_it_took(
    completer: Completer, session: Session, draft: str, *, gate: bool
) -> None:
    """Hundreds of branches later the cache holds the last prompt, and nothing else."""
    completion = ask(completer, draft, gate=gate)
    pages = completion.timing.prompt_tokens // 16 + 1
    assert session.cache.pages - session.cache.free <= max(pages, 16)


def test_a_cancelled_request_gives_back_all_too(completer: Completer, session: Session) -> None:
    completer.prepare(DINNER, "Ana")
    free = session.cache.free
    for passes in range(6):
        asked = iter([False] * passes + [True] * 100)
        request = CompletionRequest(DINNER, "Ana", Draft("see y"), gate=False)
        completion = completer.complete(request, cancelled=lambda answers=asked: next(answers))  # type: ignore[misc]
        assert completion.reason is Reason.CANCELLED
    completer.prepare(DINNER, "Ana")
    assert session.cache.free == free


def test_a_conversation_longer_than_the_context_is_answered(completer: Completer) -> None:
    long = Conversation(DINNER.turns * 40)
    completion = completer.complete(
        CompletionRequest(long, "Ana", Draft("see " * 200), candidates=8, words=16, gate=False)
    )
    assert completion.reason is Reason.COMPLETE
    assert completion.timing.prompt_tokens <= completer.model.config.context
