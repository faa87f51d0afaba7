"""Imported models complete drafts: where messages begin, what ends them, and no tag in sight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quicktype.completer import Completion, CompletionRequest
from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft
from quicktype.prompt import TEMPLATES, Tags
from quicktype.trigger import Suppression
from tests.support.toy_model import (
    LanguageModel,
    Probabilities,
    ToySession,
    ToyTokenizer,
    scaled,
    toy_completer,
)

DINNER = Conversation((Turn("Ana", "see you?"), Turn("Ben", "ok!")))
MARKERS = ("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")
PIECES = ["see", "you", "tomorrow", "ok", "so", "Tom", "Sarah", "[", "[/INST]", "Sarah:", "</s>"]
LLAMA = ToyTokenizer(
    [*(f" {piece}" for piece in PIECES), "Sar", "ah", "INST", "morrow", "!"], MARKERS
)
BYTE_LEVEL = ToyTokenizer(
    ["See", "see", " see", " you", " tomorrow", "ok", " ok", "\n", "user", " <"],
    MARKERS,
    opens_with_space=False,
)


def says(tokenizer: ToyTokenizer, *scripts: Sequence[int | str]) -> LanguageModel:
    """A model that says one of these behind every prompt: tokens, and texts cut as is usual."""
    known = [
        [t for part in script for t in ([part] if isinstance(part, int) else _cut(tokenizer, part))]
        for script in scripts
    ]

    def probabilities(tokens: tuple[int, ...]) -> Probabilities:
        result = np.zeros(tokenizer.vocab)
        for script in known:
            for length in range(len(script) - 1, -1, -1):
                if length == 0 or list(tokens[-length:]) == script[:length]:
                    result[script[length]] += 1000.0**length
                    break
        return scaled(result + 1e-9)

    return probabilities


def _cut(tokenizer: ToyTokenizer, text: str) -> list[int]:
    """A text's tokens, without the space that the tokenizer puts in front."""
    tokens, pieces = tokenizer.encode("\n" + text), tokenizer.pieces
    while b"\n" not in pieces[tokens[0]]:
        del tokens[0]
    return tokens[1:]


def ask(
    name: str,
    tokenizer: ToyTokenizer,
    model: LanguageModel,
    before: str = "",
    *,
    gate: bool = False,
) -> tuple[Completion, ToySession]:
    template = TEMPLATES[name].to_json()
    completer, session = toy_completer(tokenizer, model, template=template)
    request = CompletionRequest(DINNER, "Ana", Draft(before), gate=gate)
    return completer.complete(request), session


def texts(completion: Completion) -> list[str]:
    return [candidate.text for candidate in completion.candidates]


class TestWhereMessagesBegin:
    def test_a_byte_level_message_begins_without_a_space(self) -> None:
        model = says(BYTE_LEVEL, ["See you tomorrow", 4])
        completion, session = ask("chatml", BYTE_LEVEL, model)
        assert texts(completion)[0] == "See you tomorrow"
        assert BYTE_LEVEL.shown(session.prefills[0]).endswith("<|im_start|>user\n")

    def test_its_first_word_is_healed_without_a_space_and_later_ones_with(self) -> None:
        model = says(BYTE_LEVEL, ["See you tomorrow", 4])
        first, session = ask("chatml", BYTE_LEVEL, model, "S")
        assert texts(first)[0] == "ee you tomorrow"
        assert BYTE_LEVEL.shown(session.prefills[0]).endswith("user\n")
        later, session = ask("chatml", BYTE_LEVEL, model, "See yo")
        assert texts(later)[0] == "u tomorrow"
        assert BYTE_LEVEL.shown(session.prefills[0]).endswith("user\nSee")

    def test_no_candidate_begins_with_a_space_at_the_start(self) -> None:
        model = says(BYTE_LEVEL, [" see you", 4], ["ok", 4])
        completion, _ = ask("chatml", BYTE_LEVEL, model)
        assert texts(completion) == ["ok"]

    def test_behind_a_literal_tag_a_message_begins_with_a_space(self) -> None:
        model = says(LLAMA, [" see you", 2])
        completion, session = ask("tinychat", LLAMA, model)
        assert texts(completion)[0] == "see you"
        assert LLAMA.shown(session.prefills[0]) == "<s> [INST] see you? [/INST] ok!</s><s> [INST]"

    def test_who_writes_twice_on_end_goes_on_with_one_message(self) -> None:
        completer, session = toy_completer(
            LLAMA, says(LLAMA, [" you", 2]), template=TEMPLATES["tinychat"].to_json()
        )
        completer.complete(CompletionRequest(DINNER, "Ben", Draft("see"), gate=False))
        assert LLAMA.shown(session.prefills[0]) == "<s> [INST] see you? [/INST] ok!"


class TestWhatEndsMessages:
    def test_the_beginning_of_a_tag_is_the_end(self) -> None:
        model = says(LLAMA, [" see you", " [/INST]"])
        completion, _ = ask("tinychat", LLAMA, model, "see")
        assert texts(completion)[0] == " you"
        completion, _ = ask("tinychat", LLAMA, model, "see you", gate=True)
        assert completion.suppression is Suppression.FINISHED

    def test_the_name_of_who_speaks_next_is_the_end(self) -> None:
        model = says(LLAMA, [" see you Sarah", ":", " ok"])
        completion, _ = ask("quicktypegpt", LLAMA, model, "see")
        assert texts(completion)[0] == " you"
        completion, _ = ask("quicktypegpt", LLAMA, model, "see you", gate=True)
        assert completion.suppression is Suppression.FINISHED

    def test_a_name_without_a_colon_is_a_word(self) -> None:
        model = says(LLAMA, [" see you Sarah", "!", 1])
        completion, _ = ask("quicktypegpt", LLAMA, model, "see")
        assert texts(completion)[0] == " you Sarah!"

    def test_what_gets_a_colon_is_not_counted_as_the_word(self) -> None:
        tom = LLAMA.id(" Tom")

        def model(tokens: tuple[int, ...]) -> Probabilities:
            result = np.full(LLAMA.vocab, 1e-9)
            if tokens[-1] == tom:
                result[LLAMA.id(":")], result[LLAMA.begin] = 0.5, 0.5
            else:
                result[tom], result[LLAMA.begin] = 0.5, 0.5
            return scaled(result)

        completion, _ = ask("quicktypegpt", LLAMA, model)
        [candidate] = completion.candidates
        assert candidate.text == "Tom"
        assert candidate.confidence == pytest.approx(
            0.5, abs=0.01
        )  # not 1.0, given that something is said

    def test_where_a_text_ends_messages_the_end_of_all_text_does_too(self) -> None:
        completion, _ = ask("quicktypegpt", LLAMA, says(LLAMA, [" see you", 1]), "see")
        assert texts(completion)[0] == " you"

    def test_a_line_break_ends_a_named_line(self) -> None:
        model = says(LLAMA, [" see you", "\nBen: ok"])
        completion, session = ask("lines", LLAMA, model, "see")
        assert texts(completion)[0] == " you"
        assert LLAMA.shown(session.prefills[0]) == "<s> Ana: see you?\nBen: ok!\nAna:"


SHREDS = (
    *(" see", " you", " Tom", " Sarah", "Sar", "ah", ":", " [", "[", "/", "INST", "]", "<", "/s"),
    *(">", "|", "im", "_end", " <", "!", "s", " ", " [/INST]", " Sarah:", " </s>", "\n", "T"),
)
TAGGED = st.lists(st.sampled_from(SHREDS), min_size=1, max_size=8)


@settings(max_examples=150)
@given(
    name=st.sampled_from(["chatml", "tinychat", "quicktypegpt", "llama-2", "lines"]),
    scripts=st.lists(TAGGED, min_size=1, max_size=3),
    before=st.sampled_from(["", "s", "see ", "Sar", "Sarah", "[/IN", "so <", "Tom"]),
    gate=st.booleans(),
    opens_with_space=st.booleans(),
)
def test_whatever_a_model_spells_no_tag_is_ever_suggested(
    name: str, scripts: list[list[str]], before: str, *, gate: bool, opens_with_space: bool
) -> None:
    """Not even the rest of one that the person began."""
    pieces = sorted({part for script in scripts for part in script})
    tokenizer = ToyTokenizer(pieces, MARKERS, opens_with_space=opens_with_space)
    said = [[tokenizer.id(part) for part in script] for script in scripts]
    completion, _ = ask(name, tokenizer, says(tokenizer, *said), before, gate=gate)
    tags = TEMPLATES[name].tags
    for text in texts(completion):
        for tag in tags:
            assert (before + text).count(tag) == before.count(tag)
        begun = Tags(tags).begun(before + text)
        assert not begun or (before + text)[-begun].isalnum()


def test_any_template_can_complete_anything() -> None:
    """A model of random tokens, a vocabulary of bytes: nothing raises, the rules hold."""
    rng = np.random.default_rng(5)
    for name, template in TEMPLATES.items():
        names = [tag for tag in template.tags if tag not in template.literal_tags]
        markers = ["<unk>", "<s>", "</s>", *(n for n in names if n not in ("<s>", "</s>"))]
        tokenizer = ToyTokenizer([" the", "user", "\n"], markers)
        chances = scaled(rng.random(tokenizer.vocab))
        for before in ("", "hi", "hi\nthere ", "\U0001f602", "Tom: [INST] <"):
            completion, _ = ask(name, tokenizer, lambda _, p=chances: p, before)  # type: ignore[misc]
            assert completion.reason == "complete"


def test_a_model_without_the_templates_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        ask("chatml", ToyTokenizer([]), lambda tokens: np.ones(1))
