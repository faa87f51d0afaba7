from __future__ import annotations

import functools
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Regex, models, pre_tokenizers, trainers
from tokenizers import Tokenizer as Library

from engine.formats.tokenizer_json import read_tokenizer_json
from engine.tokenizer import Tokenizer, TokenizerError, read_tokenizer
from engine.tokenizer.byte_level import write
from engine.tokenizer.splitting import RULES

_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_TALK = [
    "are we still on for dinner tomorrow?\n\nI'll bring 2 bottles, we've got 12345 guests!  ",
    "DON'T be late... \u00fcber \u6f22\u5b57 \U0001f642 ¿qué? \t x = y_1 + 3.14;\r\n <h> [i|j]",
] * 30


def _pre_tokenizer(rules: str) -> pre_tokenizers.PreTokenizer:
    byte_level = functools.partial(pre_tokenizers.ByteLevel, add_prefix_space=False)
    if rules == "gpt-2":
        return byte_level()
    if rules == "smollm":
        return pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), byte_level()]
        )
    pattern = _LLAMA3 if rules == "llama-3" else _LLAMA3.replace("{1,3}", "")
    return pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), "isolated"), byte_level(use_regex=False)]
    )


@functools.cache
def _theirs(rules: str) -> Library:
    """A vocabulary of 700 tokens, learned by the library; not every byte has one."""
    tokenizer = Library(models.BPE(ignore_merges=rules == "llama-3"))
    tokenizer.pre_tokenizer = _pre_tokenizer(rules)
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=["<|im_start|>", "<|im_end|>"], show_progress=False
    )
    tokenizer.train_from_iterator(_TALK, trainer)
    return tokenizer


@functools.cache
def _ours(rules: str) -> Tokenizer:
    return read_tokenizer(read_tokenizer_json(_theirs(rules).to_str().encode()))


def _is_old(character: str) -> bool:
    """Known to Unicode for so long that every library has it in the same category."""
    return unicodedata.ucd_3_2_0.category(character) not in ("Cn", "Cs")


_NEAR = st.text(
    "  \n\r\t''stremvldSTRE019.,!?-_()\u00fc\u00df\u017fKaz<>|\u00a0\u3000\u0085\x1c", max_size=30
)
_TEXTS = _NEAR | st.text(st.characters(codec="utf-8").filter(_is_old), max_size=20)


class TestAgainstTheTokenizersLibrary:
    @pytest.mark.parametrize("rules", RULES)
    @given(text=_TEXTS)
    def test_every_text_becomes_the_same_tokens(self, rules: str, text: str) -> None:
        expected = _theirs(rules).encode(text.replace("<|im", "<|in"), add_special_tokens=False)
        assert _ours(rules).encode(text.replace("<|im", "<|in")) == expected.ids

    @pytest.mark.parametrize("rules", RULES)
    def test_so_do_the_texts_it_was_learned_from(self, rules: str) -> None:
        for text in _TALK[:2]:
            assert _ours(rules).encode(text) == _theirs(rules).encode(text).ids

    def test_a_very_long_word_takes_no_time_that_grows_with_its_square(self) -> None:
        text = "ab" * 50_000
        assert _ours("gpt-2").decode(_ours("gpt-2").encode(text)) == text


class TestMarkers:
    def test_text_that_looks_like_one_stays_text(self) -> None:
        tokenizer = _ours("smollm")
        ids = tokenizer.encode("<|im_start|>hello<|im_end|>")
        assert not set(ids) & set(tokenizer.markers.values())
        assert tokenizer.decode(ids) == "<|im_start|>hello<|im_end|>"

    def test_they_are_found_by_name_and_stand_for_no_text(self) -> None:
        tokenizer = _ours("smollm")
        start = tokenizer.marker("<|im_start|>")
        assert tokenizer.pieces[start] == b""
        assert tokenizer.decode([start, *tokenizer.encode("dinner")]) == "dinner"

    def test_a_name_that_no_marker_has(self) -> None:
        with pytest.raises(TokenizerError, match="no marker <me>"):
            _ours("smollm").marker("<me>")


def test_tokens_to_cut_out_first_win_over_everything_and_the_longest_wins() -> None:
    tokens = ["a", "b", "ab", "ba", "bab"]
    tokenizer = read_tokenizer(write(tokens, [(0, 1)], rules="gpt-2", whole=[3, 4]))
    assert tokenizer.encode("abab") == [0, 4]
    assert tokenizer.encode("abba") == [2, 3]


def test_bytes_that_the_vocabulary_lacks_are_left_out() -> None:
    tokenizer = read_tokenizer(write(["a"], [], rules="gpt-2"))
    assert tokenizer.encode("axa\U0001f642a") == [0, 0, 0]


def test_it_opens_with_no_space_and_knows_its_ends() -> None:
    tokenizer = read_tokenizer(
        write(["a", "<s>", "</s>"], [], rules="gpt-2", markers=[1, 2], begin=1, end=2)
    )
    assert not tokenizer.opens_with_space
    assert (tokenizer.begin, tokenizer.end) == (1, 2)
    assert tokenizer.kind == "byte-level BPE"


@pytest.mark.parametrize(
    "change",
    [
        {"tokenizer": "word-piece"},
        {"tokens": []},
        {"tokens": ["a", 5]},
        {"tokens": "abc"},
        {"markers": [2]},
        {"markers": [-1]},
        {"markers": [True]},
        {"markers": None},
        {"whole": ["a"]},
        {"merges": [0, 1, 0]},
        {"merges": [0, 9]},
        {"begin": 7},
        {"end": "b"},
        {"rules": "bert"},
        {"shortcut": 1},
    ],
)
def test_a_vocabulary_that_makes_no_sense_is_refused(change: dict[str, object]) -> None:
    value = json.loads(write(["a", "b"], [], rules="gpt-2")) | change
    with pytest.raises(TokenizerError):
        read_tokenizer(json.dumps(value).encode())


@pytest.mark.parametrize("data", [b"{", b"{}", b"{" * 100_000, b'{"a":\xff}'])
def test_what_is_no_vocabulary_is_refused(data: bytes) -> None:
    with pytest.raises(TokenizerError):
        read_tokenizer(data)


def test_a_merge_that_makes_no_token_is_refused() -> None:
    tokenizer = read_tokenizer(write(["a", "b"], [(0, 1)], rules="gpt-2"))
    with pytest.raises(TokenizerError, match="merge 0"):
        tokenizer.encode("ab")
