from __future__ import annotations

import dataclasses
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.config import ModelConfig
from quicktype.conversation import Conversation, Turn
from quicktype.prompt import PromptEncoder
from training.model import Llama, rope_tables, rotate, surprise
from training.optimizers import rate_at
from training.recipe import RecipeError, load_recipe
from training.transplant import _half_split
from training.validation import Case, bits_per_byte, case_tokens, read_cases

from .conftest import Workshop

CONFIG = ModelConfig(
    dim=32, hidden=64, layers=2, heads=4, kv_heads=2, head_dim=8, vocab=50, context=64
)


@pytest.mark.parametrize("tied", [True, False])
def test_a_model_has_as_many_parameters_as_its_shape_says(tied: bool) -> None:
    config = dataclasses.replace(CONFIG, tied=tied)
    model = Llama(config)
    assert sum(p.numel() for p in model.parameters()) == config.parameters


def test_a_logit_depends_on_nothing_that_comes_later() -> None:
    torch.manual_seed(1)
    model = Llama(CONFIG)
    ids = torch.randint(0, 50, (1, 20))
    changed = ids.clone()
    changed[0, 12:] = (changed[0, 12:] + 1) % 50
    before, after = model(ids), model(changed)
    assert torch.allclose(before[0, :12], after[0, :12], atol=1e-6)
    assert not torch.allclose(before[0, 12:], after[0, 12:], atol=1e-3)


def test_rotated_rows_from_pairs_give_the_same_attention_as_pairs_do() -> None:
    """GGUF rotates (0, 1), (2, 3)...; after the change of order we rotate (0, 4), (1, 5)..."""
    rng = torch.Generator().manual_seed(2)
    config = dataclasses.replace(CONFIG, heads=1, kv_heads=1)
    q, k = (torch.randn(8, 32, generator=rng) for _ in range(2))
    stream = torch.randn(6, 32, generator=rng)
    cos, sin = rope_tables(config, 6, torch.float32)

    def pairs(x: torch.Tensor) -> torch.Tensor:
        even, odd = x[:, 0::2], x[:, 1::2]
        return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)

    expected = pairs(stream @ q.T) @ pairs(stream @ k.T).T
    ours_q, ours_k = _half_split(q, "q", config), _half_split(k, "k", config)
    ours = rotate(stream @ ours_q.T, cos, sin) @ rotate(stream @ ours_k.T, cos, sin).T
    assert torch.allclose(expected, ours, atol=1e-4)


def test_a_model_that_knows_nothing_needs_all_bits_of_the_vocabulary(workshop: Workshop) -> None:
    cases = read_cases(workshop.work, ["small"], 5, seed=1)
    nats = math.log(workshop.tokenizer.vocab)

    def even(ids: list[int], start: int) -> float:
        return nats * (len(ids) - start)

    score = bits_per_byte(cases, workshop.tokenizer, workshop.template, even)
    tokens = sum(
        len(workshop.tokenizer.encode(case.conversation.turns[-1].text)) + 1 for case in cases
    )
    size = sum(len(case.conversation.turns[-1].text.encode()) + 1 for case in cases)
    assert score.overall == pytest.approx(tokens * math.log2(workshop.tokenizer.vocab) / size)


def test_surprise_adds_up_over_a_text(workshop: Workshop) -> None:
    torch.manual_seed(4)
    model = Llama(workshop.recipe.model.config(workshop.tokenizer.vocab))
    ids = [1, 20, 30, 40, 50, 60]
    of = partial(surprise, model)
    assert of(ids, 2) == pytest.approx(of(ids[:4], 2) + of(ids, 4), rel=1e-2)


def test_a_case_longer_than_the_window_keeps_the_message_and_the_newest_turns(
    workshop: Workshop,
) -> None:
    turns = tuple(Turn("AB"[n % 2], f"yes {n} see you there then") for n in range(12))
    case = Case("small", Conversation(turns))
    encoder = PromptEncoder(workshop.tokenizer, workshop.template)
    whole, start = case_tokens(case, encoder, 10_000)
    cut, cut_start = case_tokens(case, encoder, 60)
    assert len(cut) == 60
    assert whole[-60:] == cut
    assert whole[start:] == cut[cut_start:]


def test_the_rate_warms_up_stays_and_ends_at_zero(workshop: Workshop) -> None:
    recipe = workshop.recipe.train
    assert rate_at(0.0, 0, recipe) == pytest.approx(0.5)
    assert rate_at(0.3, 100, recipe) == 1.0
    falling = [rate_at(share, 100, recipe) for share in np.linspace(0.5, 1.0, 11)]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == 0.0


def test_recipes_that_make_no_sense_are_refused(workshop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"no recipe no-such-recipe.*chat"):
        load_recipe("no-such-recipe")
    whole = workshop.recipe_file.read_text()
    for old, new, complaint in (
        ("[train]", "[train", "is not a recipe"),
        ("seed = 3", "", "lacks 'seed'"),
        ("clip = 1.0", "", "clip"),
        ("dim = 32", "dim = 32\ncolour = 3", "colour"),
    ):
        (tmp_path / "bad.toml").write_text(whole.replace(old, new, 1))
        with pytest.raises(RecipeError, match=complaint):
            load_recipe(str(tmp_path / "bad.toml"))


def test_the_shipped_recipe_is_the_shape_that_the_engine_can_run() -> None:
    recipe = load_recipe("chat")
    config = recipe.model.config(recipe.tokenizer.vocab)
    assert config.dim % 32 == config.hidden % 32 == config.vocab % 16 == 0
    assert len(recipe.start.layers) == config.layers
    assert 25e6 < config.parameters < 31e6
