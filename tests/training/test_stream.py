from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quicktype.conversation import Conversation, Turn
from quicktype.prompt import Marker, PromptEncoder, render
from training.markers import Markers
from training.stream import CONTEXT_ONLY, IGNORED, Stream, WindowSampler, encode_conversation

from .conftest import Workshop

TURNS = st.lists(
    st.tuples(st.sampled_from("ABCDEFGHIJ"), st.sampled_from(["hi", "see you", "yes then"])),
    min_size=1,
    max_size=30,
)


@given(turns=TURNS, seventh=st.integers(0, 6))
def test_a_stored_conversation_seen_by_a_speaker_is_what_the_renderer_makes_for_them(
    workshop: Workshop, turns: list[tuple[str, str]], seventh: int
) -> None:
    conversation = Conversation(tuple(Turn(*turn) for turn in turns))
    tokenizer, template = workshop.tokenizer, workshop.template
    number = min(seventh, len(conversation.speakers()) - 1)
    stored = np.array(encode_conversation(conversation, PromptEncoder(tokenizer, template)))
    seen = Markers.of(tokenizer, template).seen_by(number, tokenizer.vocab)[stored]
    rendered: list[int] = []
    for message in render(conversation, conversation.speakers()[number], template):
        role = message.opening[0]
        assert isinstance(role, Marker)
        rendered += [tokenizer.marker(str(role.name)), *tokenizer.encode(message.text)]
        rendered.append(tokenizer.marker("<eom>"))
    assert seen.tolist() == rendered


def test_lines_from_templates_are_context_only(workshop: Workshop) -> None:
    talk = Conversation((Turn("guest", "see you"), Turn("clerk", "great thanks")))
    encoder = PromptEncoder(workshop.tokenizer, workshop.template)
    ids = encode_conversation(talk, encoder, frozenset({"clerk"}))
    clerk = ids.index(workshop.tokenizer.marker("<o1>"))
    assert not any(token & CONTEXT_ONLY for token in ids[: clerk + 1])
    assert all(token & CONTEXT_ONLY for token in ids[clerk + 1 :])


def test_windows_begin_a_message_and_predict_only_text_and_ends(workshop: Workshop) -> None:
    tokenizer = workshop.tokenizer
    markers = Markers.of(tokenizer, workshop.template)
    sampler = WindowSampler(Stream.load(workshop.work), markers, tokenizer.vocab, seed=1)
    inputs, targets = sampler.draw(200, 48)
    assert inputs.shape == targets.shape == (200, 48)
    assert (inputs[:, 0] == markers.begin).all()
    assert np.isin(inputs[:, 1], markers.roles).all()
    shifted = inputs[:, 1:]
    learned = targets[:, :-1] != IGNORED
    assert (targets[:, :-1][learned] == shifted[learned]).all()
    assert not np.isin(targets, markers.unpredicted).any()
    assert (targets == markers.end).any()
    assert inputs.max() < tokenizer.vocab


def test_the_same_seed_draws_the_same_windows(workshop: Workshop) -> None:
    markers = Markers.of(workshop.tokenizer, workshop.template)
    stream = Stream.load(workshop.work)
    draws = [
        WindowSampler(stream, markers, workshop.tokenizer.vocab, seed).draw(16, 48)[0]
        for seed in (5, 5, 6)
    ]
    assert (draws[0] == draws[1]).all()
    assert (draws[0] != draws[2]).any()


def test_a_source_is_drawn_as_often_as_its_weight_says(workshop: Workshop) -> None:
    """`small` has weight 2 and `forms` 1: per token of theirs, the one is drawn twice as often."""
    stream = Stream.load(workshop.work)
    lengths = np.diff(stream.offsets)
    per_token = stream.weights / lengths
    assert np.isclose(per_token.max() / per_token.min(), 2.0)
    assert np.isclose(stream.weights.sum(), 1.0)
