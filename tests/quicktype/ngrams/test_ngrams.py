from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quicktype.evaluation.ngram_subject import NgramSubject
from quicktype.ngrams import NgramError, NgramTable, count
from quicktype.ngrams.table import BEGIN, UNKNOWN
from quicktype.ngrams.tokens import opened, tokens

TALK = [
    "see you tomorrow", "see you tomorrow at eight", "see you tomorrow then", "see you there",
    "are you there?", "are we there", "at eight then",
]  # fmt: skip


def plain_kneser_ney(messages: list[str], context: list[str], word: str) -> float:
    """The textbook's formula for two words, counted with dictionaries."""
    sentences = [["<s>", *tokens(message), "</s>"] for message in messages]
    pairs = Counter(pair for s in sentences for pair in pairwise(s))
    words = {word for s in sentences for word in s[1:]}
    before = Counter(second for _, second in pairs)
    vocabulary = len(words) + 2  # and the beginning, and what is unknown

    def discounted(counts: Counter[str], of: Counter[int], name: str) -> float:
        steps = [0.0, 0.5, 1.0, 1.5]
        if all(of[n] for n in (1, 2, 3, 4)):
            share = of[1] / (of[1] + 2 * of[2])
            steps[1:] = [max(0.0, n - (n + 1) * share * of[n + 1] / of[n]) for n in (1, 2, 3)]
        return (counts[name] - steps[min(counts[name], 3)]) / sum(counts.values())

    of_before = Counter(before.values())
    unigram = {w: discounted(before, of_before, w) for w in words}
    left = 1 - sum(unigram.values())
    lower = {w: unigram.get(w, 0.0) + left / vocabulary for w in [*words, "<unk>"]}
    scale = sum(lower.values())
    last = context[-1]
    following: Counter[str] = Counter({b: n for (a, b), n in pairs.items() if a == last})
    of_pairs = Counter(pairs.values())
    kept = {w: discounted(following, of_pairs, w) for w in following}
    return kept.get(word, 0.0) + (1 - sum(kept.values())) * lower[word] / scale


def test_two_words_as_the_textbook_has_them() -> None:
    table = count(TALK, order=2, rare=1)
    for context, word in [
        (" you", " there"),
        (" see", " you"),
        (" at", " eight"),
        (" are", " see"),
    ]:
        got = table.following([table.number(context)])[table.number(word)]
        assert got == pytest.approx(plain_kneser_ney(TALK, [context], word), rel=0.03)


MESSAGES = st.lists(st.text("ab c?", min_size=1, max_size=12), min_size=1, max_size=30)


@given(MESSAGES, st.integers(1, 4), st.integers(1, 2), st.data())
def test_probabilities_add_up_to_one_after_any_context(
    messages: list[str], order: int, rare: int, data: st.DataObject
) -> None:
    table = count(messages, order, rare=rare)
    numbers = st.integers(0, len(table.vocabulary) - 1)
    context = data.draw(st.lists(numbers, max_size=order))
    following = table.following(context)
    assert following.sum() == pytest.approx(1, abs=1e-5)
    assert (following >= 0).all()
    assert following[BEGIN] == pytest.approx(0, abs=1e-7)


@given(st.text("ab' \n?!-", max_size=30), st.text("ab'?", max_size=4))
def test_the_open_token_is_what_a_longer_text_would_go_on_with(before: str, more: str) -> None:
    whole, begun = opened(before)
    grown = tokens(before + more)
    assert grown[: len(whole)] == whole
    if begun.strip() and len(grown) > len(whole):
        assert grown[len(whole)].startswith(begun[: len(grown[len(whole)])])


def test_a_table_survives_its_file(tmp_path: Path) -> None:
    table = count(TALK, order=3)
    path = tmp_path / "ngrams"
    table.save(path)
    again = NgramTable.load(path)
    assert again.vocabulary == table.vocabulary
    context = [BEGIN, table.number(" see")]
    assert np.array_equal(again.following(context), table.following(context))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no numbers", b"\x02" + bytes(7) + b"{}"])
def test_a_file_that_is_no_table(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ngrams"
    path.write_bytes(content)
    with pytest.raises(NgramError, match="make it anew"):
        NgramTable.load(path)


def test_a_word_that_is_not_known() -> None:
    table = count(TALK, order=2, max_vocabulary=3)
    assert table.number(" eight") == UNKNOWN
    assert table.following([UNKNOWN]).sum() == pytest.approx(1, abs=1e-5)


class TestSuggesting:
    subject = NgramSubject(count(TALK, order=3, rare=1), 3)

    def said(self, before: str) -> str | None:
        candidate = self.subject.suggest(before)
        return candidate.text if candidate else None

    def test_a_word_is_finished_and_the_line_goes_on(self) -> None:
        assert self.said("see you tom") == "orrow"
        assert self.said("s") == "ee you tomorrow"

    def test_at_a_space_and_at_the_beginning(self) -> None:
        assert self.said("see ") == "you tomorrow"
        assert (self.said("") or "").startswith("see you")

    def test_after_a_whole_word_the_next_one_comes_with_its_space(self) -> None:
        assert self.said("see you tomorrow at") == " eight"

    def test_nothing_begins_like_this(self) -> None:
        assert self.said("see xyz") is None

    def test_the_message_is_over(self) -> None:
        assert self.said("are you there?") is None
