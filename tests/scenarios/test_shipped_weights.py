"""What the weights that come with quicktype make of an everyday conversation."""

from __future__ import annotations

import pytest

from engine import checkpoint
from engine.model import Model
from quicktype.completer import Completer, CompletionRequest
from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft
from quicktype.model_files import SHIPPED

DINNER = Conversation(
    (
        Turn("Ana", "are we still on for dinner tomorrow?"),
        Turn("Ben", "yes! what time works for you?"),
    )
)


@pytest.fixture(scope="module")
def completer() -> Completer:
    (weights,) = SHIPPED.glob("*.safetensors")
    return Completer(Model(checkpoint.load(weights)))


@pytest.mark.parametrize(
    ("draft", "rest"), [("how about sev", "en"), ("see you tomo", "rrow"), ("see you tom", "orrow")]
)
def test_the_rest_of_the_word_is_known(completer: Completer, draft: str, rest: str) -> None:
    request = CompletionRequest(DINNER, "Ana", Draft(draft), gate=False)
    assert completer.complete(request).candidates[0].text.startswith(rest)


def test_a_message_typed_key_by_key_shows_only_words_that_fit(completer: Completer) -> None:
    """Each key's answer starts where the draft ends: no stray space, no half word repeated."""
    message = "see you tomorrow at seven then"
    for length in range(len(message)):
        draft = Draft(message[:length])
        completion = completer.complete(CompletionRequest(DINNER, "Ana", draft))
        for candidate in completion.candidates:
            assert "  " not in draft.before + candidate.text
            assert not (length == 0 and candidate.text[0].isspace())
