"""Prefill, decode and branches are one thing: however a text comes in, the bits are the same."""

from __future__ import annotations

import gc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import session as engine_session
from engine.kv_cache import OutOfPages
from engine.model import Model
from engine.session import CHUNK, MAX_BRANCHES, Branch, Cancelled, ContextOverflow, Session
from tests.support.engine_models import MIXES, SHAPES, SMALL, smooth_checkpoint, some_tokens

FEW = settings(max_examples=40)
TEXTS = st.lists(st.integers(0, SMALL.vocab - 1), min_size=1, max_size=60)


@pytest.fixture(scope="module", params=["eight bits", "four bits in every other matrix"])
def model(request: pytest.FixtureRequest) -> Model:
    return Model(smooth_checkpoint(SMALL, four_bits=MIXES[request.param]))


def fresh(model: Model, text: list[int]) -> np.ndarray:
    """What the model expects after `text`, computed token by token from nothing."""
    session = Session(model)
    branch = session.prefill(text[:1])
    for token in text[1:]:
        (branch,) = session.decode([(branch, token)])
    return branch.logits


def same(left: np.ndarray, right: np.ndarray) -> bool:
    return left.tobytes() == right.tobytes()


@FEW
@given(TEXTS, st.integers(1, 70))
def test_prefill_in_any_chunks_is_decode(model: Model, text: list[int], chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_session, "CHUNK", chunk)
        branch = Session(model).prefill(text)
    assert same(branch.logits, fresh(model, text))
    assert branch.tokens == tuple(text)
    assert branch.reused == 0


@FEW
@given(st.lists(TEXTS, min_size=2, max_size=6))
def test_what_was_read_before_never_shows(model: Model, texts: list[list[int]]) -> None:
    session = Session(model)
    for before, text in pairwise([[], *texts]):
        branch = session.prefill(text)
        common = next(
            (i for i, (a, b) in enumerate(zip(before, text, strict=False)) if a != b),
            min(len(before), len(text)),
        )
        assert branch.reused == (common if before == text else min(common, len(text) - 1))
        assert same(branch.logits, fresh(model, text))


@FEW
@given(TEXTS, st.lists(st.tuples(st.integers(0, 99), st.integers(0, SMALL.vocab - 1)), max_size=12))
def test_any_tree_of_branches_is_its_texts(
    model: Model, text: list[int], growth: list[tuple[int, int]]
) -> None:
    session = Session(model)
    branches = [session.prefill(text)]
    for pick, token in growth:
        branches += session.decode([(branches[pick % len(branches)], token)])
    for branch in branches:
        assert same(branch.logits, fresh(model, list(branch.tokens)))


@FEW
@given(TEXTS, st.lists(st.integers(0, SMALL.vocab - 1), min_size=1, max_size=MAX_BRANCHES))
def test_branches_of_one_step_do_not_see_each_other(
    model: Model, text: list[int], tokens: list[int]
) -> None:
    session = Session(model)
    root = session.prefill(text)
    together = session.decode([(root, token) for token in tokens])
    again = session.decode([(branch, 7) for branch in together])
    for branch in (*together, *again):
        alone = fresh(model, list(branch.tokens))
        assert same(branch.logits, alone)


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_and_bits_of_all_kinds(shape: str, mix: str) -> None:
    model = Model(smooth_checkpoint(SHAPES[shape], four_bits=MIXES[mix]))
    text = some_tokens(model.config, 37)
    root = Session(model).prefill(text[:-2])
    session = Session(model)
    root = session.prefill(text[:-2])
    branches = session.decode([(root, text[-2]), (root, 3), (root, text[-2])])
    branches = session.decode([(branch, text[-1]) for branch in branches])
    expected = fresh(model, text)
    assert [same(branch.logits, expected) for branch in branches] == [True, False, True]
    assert expected.shape == (model.config.vocab,)


@pytest.mark.parametrize("mix", MIXES)
def test_weights_read_from_memory_give_the_bits_of_weights_in_the_cache(
    mix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Larger weights take their blocks in another order, and are asked for further ahead."""
    model = Model(smooth_checkpoint(SMALL, four_bits=MIXES[mix]))
    text = some_tokens(SMALL, 23)

    def logits() -> list[np.ndarray]:
        session = Session(model)
        found = [session.prefill(text)]
        for width in (1, 2, 3, 4, 7):
            found += session.decode([(found[0], token) for token in range(width)])
        return [branch.logits for branch in found]

    in_cache = logits()
    monkeypatch.setattr("engine.model.CACHED_BYTES", 0)
    assert all(map(same, in_cache, logits()))


def test_the_root_goes_on_while_branches_of_it_live(model: Model) -> None:
    text = some_tokens(SMALL, 40)
    session = Session(model)
    (branch,) = session.decode([(session.prefill(text[:20]), 5)])
    session.prefill(text)
    session.prefill(text[:18] + text[:5])
    (branch,) = session.decode([(branch, 6)])
    assert same(branch.logits, fresh(model, [*text[:20], 5, 6]))


def test_released_branches_give_their_pages_back(model: Model) -> None:
    session = Session(model)
    root = session.prefill(some_tokens(SMALL, 20))
    free = session.cache.free
    children = session.decode([(root, token) for token in range(8)])
    assert session.cache.free < free
    session.release(children[0])
    for child in children:
        child.release()
    assert session.cache.free == free
    with session.decode([(root, 1), (root, 2)])[1] as child:
        assert child.length == 21
    del child, children
    gc.collect()
    assert session.cache.free == free
    root.release()
    assert session.prefill([*root.tokens, 1]).reused == 20


def test_a_released_branch_cannot_grow(model: Model) -> None:
    session = Session(model)
    root = session.prefill([1, 2, 3])
    (child,) = session.decode([(root, 4)])
    child.release()
    with pytest.raises(ValueError, match="released"):
        session.decode([(root, 4), (child, 5)])


def test_a_cache_without_room_refuses_and_stays_whole(model: Model) -> None:
    session = Session(model, pages=4)
    text = some_tokens(SMALL, 40)
    root = session.prefill(text)
    with pytest.raises(OutOfPages, match="release branches"):
        session.decode([(root, 1), (root, 2), (root, 3)])
    assert session.cache.free == 1
    (only,) = session.decode([(root, 1)])
    assert same(only.logits, fresh(model, [*text, 1]))
    with pytest.raises(OutOfPages):
        session.prefill([9, *text, *text])


def test_a_text_that_fills_the_context_is_the_last_one_that_fits(model: Model) -> None:
    text = some_tokens(SMALL, SMALL.context)
    session = Session(model)
    assert same(session.prefill(text).logits, fresh(model, text))
    with pytest.raises(ContextOverflow, match="201 tokens do not fit the model's context of 200"):
        session.prefill([*text, 1])
    with pytest.raises(ContextOverflow):
        session.decode([(session.prefill(text), 1)])


def test_a_cancelled_prefill_keeps_what_it_has(model: Model) -> None:
    assert SMALL.context > CHUNK
    text = some_tokens(SMALL, 190)
    session = Session(model)
    answers = iter([False, True])
    with pytest.raises(Cancelled):
        session.prefill(text, lambda: next(answers))
    branch = session.prefill(text)
    assert branch.reused == CHUNK
    assert same(branch.logits, fresh(model, text))


def test_cancelled_where_a_chunk_ends_the_logits_are_still_made(model: Model) -> None:
    text = some_tokens(SMALL, 190)
    session = Session(model)
    answers = iter([False, True])
    with pytest.raises(Cancelled):
        session.prefill(text, lambda: next(answers))
    branch = session.prefill(text[:CHUNK])
    assert branch.reused == CHUNK - 1
    assert same(branch.logits, fresh(model, text[:CHUNK]))


@pytest.mark.parametrize("tokens", [[], [-1], [SMALL.vocab]])
def test_texts_that_the_model_cannot_read(model: Model, tokens: list[int]) -> None:
    with pytest.raises(ValueError, match="token"):
        Session(model).prefill(tokens)


def test_steps_that_cannot_be_taken(model: Model) -> None:
    session = Session(model)
    root = session.prefill([1])
    assert session.decode([]) == []
    with pytest.raises(ValueError, match="token ids"):
        session.decode([(root, SMALL.vocab)])
    with pytest.raises(ValueError, match="16 branches at once, not 17"):
        session.decode([(root, 1)] * 17)


def test_sessions_of_one_model_do_not_disturb_each_other(model: Model) -> None:
    left, right = Session(model), Session(model)
    text = some_tokens(SMALL, 12)
    branches: list[Branch] = [left.prefill(text[:1]), right.prefill([5])]
    for token in text[1:]:
        branches = [*left.decode([(branches[0], token)]), *right.decode([(branches[1], 8)])]
    assert same(branches[0].logits, fresh(model, text))
