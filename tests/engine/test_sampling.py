"""From logits to tokens."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.sampling import Sampler, log_softmax, softmax, top_k

LOGITS = arrays.arrays(np.float32, st.integers(1, 60), elements=st.floats(-50, 50, width=32))


@given(LOGITS, st.integers(1, 70))
def test_top_k_is_a_stable_sort(logits: np.ndarray, count: int) -> None:
    expected = sorted(range(len(logits)), key=lambda token: (-logits[token], token))[:count]
    assert top_k(logits, count).tolist() == expected


@given(LOGITS)
def test_probabilities_add_up_and_agree_with_their_logarithms(logits: np.ndarray) -> None:
    probabilities = softmax(logits)
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert np.allclose(np.exp(log_softmax(logits)), probabilities, atol=1e-6)


@given(LOGITS, st.integers(0, 5), st.floats(0.05, 1.0), st.floats(0.0, 3.0), st.integers(0, 9))
def test_a_seed_fixes_the_draw_and_limits_hold(
    logits: np.ndarray, count: int, share: float, temperature: float, seed: int
) -> None:
    token = Sampler(temperature, share, count, seed).sample(logits)
    assert token == Sampler(temperature, share, count, seed).sample(logits)
    if count:
        assert token in top_k(logits, count)
    if temperature == 0:
        assert token == logits.argmax()


def test_top_p_keeps_the_fewest_that_reach_it() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], np.float32))
    sampler = Sampler(top_p=0.7, seed=3)
    drawn = Counter(sampler.sample(logits) for _ in range(400))
    assert drawn.keys() == {0, 1}
    assert 0.5 < drawn[0] / 400 < 0.75


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"temperature": -1.0}, "temperature"),
        ({"top_p": 0.0}, "top-p"),
        ({"top_p": 1.5}, "top-p"),
        ({"top_k": -1}, "top-k"),
    ],
)
def test_settings_without_sense_are_refused(arguments: dict[str, float], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Sampler(**arguments)  # type: ignore[arg-type]
