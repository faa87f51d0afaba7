"""What comes out for a draft: its words, how sure they are, and when nothing is said."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from quicktype.completer import Completer, CompletionRequest, Reason
from quicktype.conversation import Conversation, Turn
from quicktype.draft import Draft
from quicktype.suggestion import Candidate
from quicktype.trigger import Suppression
from tests.support.toy_model import (
    TEMPLATE,
    ToySession,
    ToyTokenizer,
    knows_sentences,
    toy_completer,
)

WORDS = "see you tomorrow today at noon how about seven six or so ok ha the cat"
TOKENIZER = ToyTokenizer(
    [f" {word}" for word in WORDS.split()] + [" tom", "orrow", "?", "!", "..."]
)
DINNER = Conversation((Turn("Ana", "see you?"), Turn("Ben", "ok!")))


def knowing(sentences: Mapping[str, float]) -> tuple[Completer, ToySession]:
    return toy_completer(TOKENIZER, knows_sentences(TOKENIZER, sentences))


def texts(
    sentences: Mapping[str, float], draft: Draft, candidates: int = 3, words: int = 8
) -> list[str]:
    completer, _ = knowing(sentences)
    request = CompletionRequest(DINNER, "Ana", draft, candidates, words, gate=False)
    return [candidate.text for candidate in completer.complete(request).candidates]


class TestText:
    def test_candidates_are_ranked_by_their_first_word(self) -> None:
        said = {"how about seven": 0.6, "how about six or so": 0.4}
        assert texts(said, Draft("how about s")) == ["even", "ix or so"]

    def test_they_stop_at_the_end_of_the_message(self) -> None:
        assert texts({"see you": 1.0}, Draft("see"))[0] == " you"

    def test_and_at_the_end_of_a_sentence(self) -> None:
        said = {"ok! see you": 1.0}
        assert texts(said, Draft(""))[0] == "ok!"

    def test_no_more_words_than_wanted(self) -> None:
        said = {"see you tomorrow at noon": 1.0}
        assert texts(said, Draft("see"), words=2)[0] == " you tomorrow"

    def test_no_more_candidates_than_wanted(self) -> None:
        said = {"see": 1.0, "six": 1.0, "seven": 1.0, "so": 1.0}
        assert len(texts(said, Draft("s"), candidates=2)) == 2

    def test_punctuation_belongs_to_the_word_when_it_is_sure(self) -> None:
        assert texts(
            {"see you tomorrow?": 0.9, "see you tomorrow!": 0.1}, Draft("see you tom")
        ) == ["orrow?"]

    def test_and_is_left_to_the_user_when_it_is_not(self) -> None:
        assert texts(
            {"see you tomorrow?": 0.5, "see you tomorrow!": 0.5}, Draft("see you tom")
        ) == ["orrow"]

    def test_nothing_goes_in_circles(self) -> None:
        assert texts({"ha ha ha ha ha ha": 1.0}, Draft("ha"))[0] == " ha"
        assert texts({"see you see you see you": 1.0}, Draft(""))[0] == "see you see"

    def test_what_stands_after_the_caret_is_not_said_again(self) -> None:
        said = {"see the cat tomorrow": 1.0}
        assert texts(said, Draft("see ", " tomorrow"))[0] == "the cat"
        assert texts(said, Draft("see the cat tom", "orrow")) == []

    def test_a_word_is_not_glued_to_the_one_after_the_caret(self) -> None:
        assert texts({"see the cat": 1.0}, Draft("see ", "ok"))[0] == "the cat "

    def test_punctuation_is_not_doubled(self) -> None:
        assert texts({"see you?": 1.0}, Draft("see y", "?")) == ["ou"]
        assert texts({"see you?": 1.0}, Draft("see y", "!")) == ["ou?"]

    def test_every_word_carries_its_own_space(self) -> None:
        completer, _ = knowing({"see you tomorrow": 1.0})
        request = CompletionRequest(DINNER, "Ana", Draft("s"), gate=False)
        words = completer.complete(request).candidates[0].words
        assert [word.text for word in words] == ["ee", " you", " tomorrow"]


class TestConfidence:
    def complete(self, sentences: Mapping[str, float], before: str) -> tuple[Candidate, ...]:
        completer, _ = knowing(sentences)
        request = CompletionRequest(DINNER, "Ana", Draft(before), gate=False)
        return completer.complete(request).candidates

    def test_it_is_the_probability_of_all_up_to_the_words_end(self) -> None:
        said = {"see you tomorrow": 0.4, "see you today": 0.2, "see the cat": 0.4}
        words = self.complete(said, "se")[0].words
        assert [word.text for word in words] == ["e", " you", " tomorrow"]
        assert [word.confidence for word in words] == pytest.approx([1.0, 0.6, 0.4], abs=1e-4)

    def test_what_was_typed_counts_as_certain(self) -> None:
        said = {"how about six": 0.1, "how about so": 0.1, "how about you": 0.8}
        first, second = self.complete(said, "how about s")
        assert first.confidence == pytest.approx(0.5, abs=1e-4)
        assert second.confidence == pytest.approx(0.5, abs=1e-4)

    def test_a_word_that_might_go_on_is_less_sure(self) -> None:
        """ "tom" ends in three of ten; the other seven go on to "tomorrow"."""
        tokenizer = ToyTokenizer([" see", " tom", "orrow"])
        said = {"see tom": 0.3, "see tomorrow": 0.7}
        completer, _ = toy_completer(tokenizer, knows_sentences(tokenizer, said))
        request = CompletionRequest(DINNER, "Ana", Draft("see "), gate=False)
        candidates = completer.complete(request).candidates
        assert [(c.text, round(c.confidence, 3)) for c in candidates] == [
            ("tomorrow", 0.7),
            ("tom", 0.3),
        ]

    def test_a_word_counts_whatever_punctuation_follows(self) -> None:
        said = {"see you?": 0.4, "see you!": 0.3, "see you": 0.3}
        assert self.complete(said, "see y")[0].confidence == pytest.approx(1.0, abs=1e-4)


class TestGate:
    def complete(
        self, sentences: Mapping[str, float], draft: Draft
    ) -> tuple[list[str], str | None]:
        completer, _ = knowing(sentences)
        completion = completer.complete(CompletionRequest(DINNER, "Ana", draft))
        reason = Reason.COMPLETE if completion.candidates else Reason.SUPPRESSED
        assert completion.reason is reason
        return [c.text for c in completion.candidates], completion.suppression

    def test_only_the_head_that_is_sure_is_shown(self) -> None:
        said = {f"see you tomorrow {end}": 1.0 for end in ("at", "or", "so")}
        assert self.complete(said, Draft("see")) == ([" you tomorrow"], None)

    def test_nothing_is_shown_when_nothing_is_sure(self) -> None:
        said = {f"{start} you": 1.0 for start in ("see", "how", "about", "at")}
        assert self.complete(said, Draft()) == ([], Suppression.LOW_CONFIDENCE)

    def test_a_lower_candidate_waits_for_the_letter_that_rules_out_the_better_one(self) -> None:
        said = {"see you": 0.65, "how about you": 0.25, "ok": 0.1}
        assert self.complete(said, Draft())[0] == ["see you", "how about you", "ok"]

    def test_a_word_is_not_lost_for_the_sign_behind_it(self) -> None:
        tokenizer = ToyTokenizer([" see", " you", "?", "x"])
        said = {"see you?": 0.44, "see you?x": 0.16, "see you": 0.1, "see": 0.3}
        completer, _ = toy_completer(tokenizer, knows_sentences(tokenizer, said))
        completion = completer.complete(CompletionRequest(DINNER, "Ana", Draft("se")))
        assert [c.text for c in completion.candidates] == ["e you"]

    def test_one_letter_is_not_worth_a_key(self) -> None:
        assert self.complete({"see": 1.0}, Draft("se")) == ([], Suppression.LOW_CONFIDENCE)

    def test_a_message_that_is_finished_is_left_alone(self) -> None:
        assert self.complete({"see you": 0.8, "see you today": 0.2}, Draft("see you")) == (
            [],
            Suppression.FINISHED,
        )

    def test_nothing_is_said_twice(self) -> None:
        said = {"see the cat": 1.0}
        assert self.complete(said, Draft("see ", " the cat")) == ([], Suppression.REPEAT)

    def test_the_model_is_not_even_asked_where_the_text_forbids_it(self) -> None:
        completer, session = knowing({"see you": 1.0})
        completion = completer.complete(CompletionRequest(DINNER, "Ana", Draft("at 7")))
        assert completion.suppression is Suppression.NUMBER
        assert not session.prefills

    def test_after_a_dismissal_the_word_is_typed_in_peace(self) -> None:
        completer, _ = knowing({"see you": 1.0})
        request = CompletionRequest(DINNER, "Ana", Draft("see y"), dismissed=Draft("see "))
        assert completer.complete(request).suppression is Suppression.DISMISSED

    @pytest.mark.parametrize(("threshold", "shown"), [(None, 2), (0.95, 0), (0.2, 3)])
    def test_a_client_may_say_how_sure_a_word_must_be(
        self, threshold: float | None, shown: int
    ) -> None:
        said = {f"see you {end}": 1.0 for end in ("at", "or", "so")} | {"ok": 1.0}
        completer, _ = knowing(said)
        request = CompletionRequest(DINNER, "Ana", Draft(), threshold=threshold)
        candidates = completer.complete(request).candidates
        assert [len(c.words) for c in candidates[:1]] == ([shown] if shown else [])

    def test_without_the_gate_nothing_is_held_back(self) -> None:
        completer, _ = knowing({"7": 1.0})
        request = CompletionRequest(DINNER, "Ana", Draft("see you at 7"), gate=False)
        completion = completer.complete(request)
        assert completion.suppression is None
        assert completion.reason is Reason.COMPLETE


class TestTheWayThere:
    def request(self, deadline_ms: float | None = None) -> CompletionRequest:
        return CompletionRequest(DINNER, "Ana", Draft("see"), gate=False, deadline_ms=deadline_ms)

    def test_better_answers_stream_in_the_first_with_the_first_word(self) -> None:
        completer, _ = knowing({"see you tomorrow at noon": 1.0})
        streamed: list[str] = []
        completion = completer.complete(self.request(), lambda cs: streamed.append(cs[0].text))
        assert streamed == [" you", " you tomorrow", " you tomorrow at", " you tomorrow at noon"]
        assert completion.candidates[0].text == streamed[-1]

    @pytest.mark.parametrize("allowed", [0, 1, 2, 3])
    def test_no_pass_is_begun_after_a_cancel(self, allowed: int) -> None:
        completer, session = knowing({"see you tomorrow at noon": 1.0})
        asked = iter([False] * allowed + [True] * 100)
        passes = [0]

        def cancelled() -> bool:
            passes.append(len(session.passes))
            return next(asked)

        completion = completer.complete(self.request(), cancelled=cancelled)
        assert completion.reason is Reason.CANCELLED
        assert len(session.passes) == passes[-1]
        assert completion.timing.decoded_tokens == sum(session.passes)

    def test_what_was_found_before_the_cancel_is_answered(self) -> None:
        completer, _ = knowing({"see you tomorrow at noon": 1.0})
        streamed: list[list[Candidate]] = []
        completion = completer.complete(self.request(), streamed.append, lambda: bool(streamed))
        assert completion.reason is Reason.CANCELLED
        assert completion.candidates[0].text == " you"

    def test_a_deadline_ends_it(self) -> None:
        completer, session = knowing({"see you tomorrow at noon": 1.0})
        completion = completer.complete(self.request(deadline_ms=0.0))
        assert completion.reason is Reason.DEADLINE
        assert not session.prefills

    def test_after_a_cancel_the_next_request_is_answered_in_full(self) -> None:
        completer, _ = knowing({"see you": 1.0})
        completer.complete(self.request(), cancelled=lambda: True)
        assert completer.complete(self.request()).candidates[0].text == " you"

    def test_a_warm_key_reads_nothing_anew_inside_a_word(self) -> None:
        completer, _ = knowing({"see you tomorrow": 1.0})
        first = completer.complete(CompletionRequest(DINNER, "Ana", Draft("see you t")))
        second = completer.complete(CompletionRequest(DINNER, "Ana", Draft("see you to")))
        assert first.timing.reused_tokens == 0
        assert second.timing.reused_tokens == second.timing.prompt_tokens
        assert second.timing.prompt_tokens == first.timing.prompt_tokens

    def test_a_conversation_can_be_read_ahead_of_the_first_key(self) -> None:
        completer, session = knowing({"see you": 1.0})
        timing = completer.prepare(DINNER, "Ana")
        first = completer.complete(CompletionRequest(DINNER, "Ana", Draft("s")))
        assert timing.prompt_tokens == first.timing.reused_tokens == len(session.prefills[0])
        assert completer.prepare(DINNER, "Ana", cancelled=lambda: True).prompt_tokens > 0

    def test_a_text_as_long_as_the_context_ends_without_an_error(self) -> None:
        tokenizer = ToyTokenizer([" ok", " so"])
        model = knows_sentences(tokenizer, {"ok so ok ok so so ok so": 1.0})
        completer, _ = toy_completer(tokenizer, model, context=16)
        completion = completer.complete(CompletionRequest(draft=Draft("ok"), words=16, gate=False))
        assert completion.candidates[0].text.startswith(" so")

    @pytest.mark.parametrize(
        "limit", [{"candidates": 0}, {"candidates": 9}, {"words": 0}, {"words": 17}]
    )
    def test_limits_out_of_range_are_refused(self, limit: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="must be 1 to"):
            CompletionRequest(**limit)  # type: ignore[arg-type]


class TestPrompt:
    def prompt(self, conversation: Conversation, before: str, context: int = 128) -> list[int]:
        completer, session = toy_completer(
            TOKENIZER, knows_sentences(TOKENIZER, {"ok": 1.0}), context
        )
        completer.complete(
            CompletionRequest(conversation, "Ana", Draft(before), gate=False, words=1)
        )
        return list(session.prefills[0])

    def ids(self, *parts: str) -> list[int]:
        tokens: list[int] = []
        for part in parts:
            tokens += [TOKENIZER.marker(part)] if part.startswith("<") else TOKENIZER.encode(part)
        return tokens

    def test_it_is_rendered_as_in_training_up_to_the_last_word(self) -> None:
        assert self.prompt(DINNER, "see you tom") == self.ids(
            "<s>", "<me>", "see you?", "<eom>", "<o1>", "ok!", "<eom>", "<me>", "see you"
        )

    def test_of_a_long_conversation_the_newest_turns_stay(self) -> None:
        turns = tuple(Turn("Ben", f"see you {'at ' * n}") for n in range(30))
        tokens = self.prompt(Conversation(turns), "ok", context=128)
        assert len(tokens) <= 128 - 32
        newest = self.ids("<o1>", turns[-1].text, "<eom>", "<me>")
        assert tokens[:1] == self.ids("<s>")
        assert tokens[-len(newest) :] == newest

    def test_of_a_newest_turn_that_is_too_long_the_end_stays(self) -> None:
        tokens = self.prompt(Conversation((Turn("Ben", "at " * 300 + "noon"),)), "ok", context=64)
        assert len(tokens) <= 64 - 16
        assert tokens[:2] == self.ids("<s>", "<o1>")
        assert tokens[-3:] == [TOKENIZER.id(" noon"), *self.ids("<eom>", "<me>")]

    def test_of_a_draft_that_is_too_long_the_end_stays(self) -> None:
        tokens = self.prompt(DINNER, "at " * 300 + "noon", context=64)
        assert len(tokens) <= 64 - 16
        assert tokens[-1] == TOKENIZER.id(" at")

    def test_while_a_message_is_typed_the_beginning_of_the_prompt_hardly_ever_moves(self) -> None:
        """Trimming goes in steps, so that a long conversation is not read anew for each word."""
        turns = tuple(Turn("Ben", "see you at noon") for _ in range(60))
        completer, session = toy_completer(
            TOKENIZER, knows_sentences(TOKENIZER, {"ok": 1.0}), context=128
        )
        draft = ""
        for _ in range(20):
            draft += "so "
            request = CompletionRequest(Conversation(turns), "Ana", Draft(draft), words=1)
            completer.complete(request)
        starts = {prompt[: -len(draft.split()) - 8] for prompt in session.prefills}
        beginnings = {prompt[:40] for prompt in session.prefills}
        assert len(beginnings) == 1
        moved = sum(
            new[: len(old) - 2] != old[: len(old) - 2]
            for old, new in zip(session.prefills, session.prefills[1:], strict=False)
        )
        assert starts
        assert moved <= 1

    def test_lone_surrogates_do_no_harm(self) -> None:
        assert self.prompt(Conversation((Turn("Ben", "\ud83d"),)), "\ude02 ok")

    def test_an_empty_message_is_an_empty_turn(self) -> None:
        conversation = Conversation((Turn("Ben", ""),))
        assert self.prompt(conversation, "") == self.ids("<s>", "<o1>", "<eom>", "<me>")

    def test_a_model_without_our_markers_is_refused(self) -> None:
        tokenizer = ToyTokenizer([" a"])
        template = TEMPLATE.to_json()
        del template["me"]
        with pytest.raises(ValueError, match="lacks a field"):
            toy_completer(tokenizer, knows_sentences(tokenizer, {"a": 1.0}), template=template)
