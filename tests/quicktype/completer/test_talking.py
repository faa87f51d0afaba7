"""Whole messages from a model: what a reader sees of them, and when they end."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.sampling import Sampler
from engine.session import Cancelled
from quicktype.completer.talking import Talker
from quicktype.conversation import Conversation, Turn
from quicktype.prompt import TEMPLATES, Tags
from tests.quicktype.completer.test_templates import BYTE_LEVEL, LLAMA, MARKERS, TAGGED, says
from tests.support.toy_model import LanguageModel, ToySession, ToyTokenizer

DINNER = Conversation((Turn("Ben", "see you?"), Turn("Ana", "ok!"), Turn("Ben", "so?")))


def talker(
    name: str, tokenizer: ToyTokenizer, model: LanguageModel, context: int = 128
) -> tuple[Talker, ToySession]:
    session = ToySession(model, context)
    stand_in = SimpleNamespace(
        tokenizer=tokenizer,
        config=SimpleNamespace(context=context, vocab=tokenizer.vocab),
        checkpoint=SimpleNamespace(template=TEMPLATES[name].to_json()),
    )
    return Talker(cast("Any", stand_in), session=cast("Any", session)), session


def heard(name: str, tokenizer: ToyTokenizer, *script: int | str, before: str = "") -> list[str]:
    """What comes, piece by piece, when Ana answers in a conversation that Ben sees."""
    speaking, _ = talker(name, tokenizer, says(tokenizer, script))
    greedy = Sampler(temperature=0)
    return list(speaking.message(DINNER, "Ben", "Ana", greedy, before=before))


def test_a_message_comes_token_by_token_and_ends_with_its_marker() -> None:
    pieces = heard("chatml", BYTE_LEVEL, "See you tomorrow", 4, " see")
    assert pieces == ["See", " you", " tomorrow", ""]


def test_the_partner_has_the_other_role() -> None:
    speaking, session = talker("chatml", BYTE_LEVEL, says(BYTE_LEVEL, ["ok", 4]))
    list(speaking.message(DINNER, "Ben", "Ana", Sampler(temperature=0)))
    assert BYTE_LEVEL.shown(session.prefills[0]).endswith(
        "<|im_start|>user\nso?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_the_space_in_front_of_a_message_is_no_part_of_it() -> None:
    assert "".join(heard("tinychat", LLAMA, " see you", 2)) == "see you"
    assert "".join(heard("tinychat", LLAMA, " you", 2, before="see")) == " you"


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("tinychat", [" ok so", " [/INST]", " you"]),
        ("tinychat", [" ok so", "</", "s", ">", " you"]),
        ("quicktypegpt", [" ok so Sarah", ":", " you"]),
        ("quicktypegpt", [" ok so Sar", "ah:", " you"]),
        ("lines", [" ok so", "\nBen: you"]),
    ],
)
def test_a_tag_ends_it_in_whatever_pieces_it_comes(name: str, script: list[str]) -> None:
    assert "".join(heard(name, LLAMA, *script)) == "ok so"


def test_what_looks_like_a_tag_for_a_while_is_shown_when_it_is_none() -> None:
    assert heard("quicktypegpt", LLAMA, " ok Sarah", "!", 1) == ["ok", "", " Sarah!", ""]
    assert "".join(heard("quicktypegpt", LLAMA, " ok Sarah", 1)) == "ok Sarah"
    assert "".join(heard("tinychat", LLAMA, " ok [", "so]", 2)) == "ok [so]"


def test_what_is_left_of_a_broken_tag_is_not_shown() -> None:
    assert "".join(heard("tinychat", LLAMA, " ok [", "/", 2)) == "ok"


def test_characters_come_whole() -> None:
    assert heard("chatml", BYTE_LEVEL, "ok\U0001f602", 4) == ["ok", "", "", "", "\U0001f602", ""]


def test_lines_of_one_message_are_kept_where_a_marker_ends_it() -> None:
    assert "".join(heard("chatml", BYTE_LEVEL, "ok\nsee", 4)) == "ok\nsee"


def test_a_full_context_ends_it() -> None:
    speaking, session = talker("lines", LLAMA, says(LLAMA, [" so" * 200]), context=64)
    said = "".join(speaking.message(DINNER, "Ben", "Ana", Sampler(temperature=0)))
    assert set(said.split()) == {"so"}
    assert len(said.split()) + len(session.prefills[0]) in (64, 65)


def test_an_interruption_ends_it_between_tokens() -> None:
    speaking, _ = talker("chatml", BYTE_LEVEL, says(BYTE_LEVEL, ["see you tomorrow", 4]))
    asked = iter([False, False, False, True])
    pieces = speaking.message(
        DINNER, "Ben", "Ana", Sampler(temperature=0), cancelled=lambda: next(asked)
    )
    assert "".join(pieces) == "see you"
    with pytest.raises(Cancelled):
        list(speaking.message(DINNER, "Ana", "Ben", Sampler(), cancelled=lambda: True))


@settings(max_examples=100)
@given(
    name=st.sampled_from(["chatml", "tinychat", "quicktypegpt", "zephyr"]),
    script=TAGGED,
    seed=st.integers(0, 99),
    opens_with_space=st.booleans(),
)
def test_nobody_ever_sees_a_tag(
    name: str, script: list[str], seed: int, *, opens_with_space: bool
) -> None:
    tokenizer = ToyTokenizer(sorted(set(script)), MARKERS, opens_with_space=opens_with_space)
    model = says(tokenizer, [tokenizer.id(part) for part in script])
    speaking, _ = talker(name, tokenizer, model)
    sampler = Sampler(temperature=0.5, seed=seed)
    shown = ""
    for piece, _ in zip(speaking.message(DINNER, "Ben", "Ana", sampler), range(40), strict=False):
        shown += piece
        assert Tags(TEMPLATES[name].tags).find(shown) is None
