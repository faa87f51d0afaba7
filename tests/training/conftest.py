"""A corpus small enough to train on in a second."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.tokenizer import Tokenizer
from quicktype.prompt import QUICKTYPE, PromptTemplate
from training.corpus import prepare
from training.recipe import Recipe, load_recipe
from training.stream import encode
from training.vocabulary import learn_vocabulary

RECIPE = """
name = "tiny"
seed = 3
[data]
characters_per_source = 1000000
weights = { small = 2.0, forms = 1.0 }
canned = { forms = ["clerk"] }
[tokenizer]
vocab = 400
sentences = 5000
[model]
dim = 32
hidden = 64
layers = 2
heads = 2
kv_heads = 1
head_dim = 16
context = 64
[train]
minutes = 1.0
steps = 12
window = 48
windows_per_step = 8
windows_per_pass = 4
warmup_steps = 2
constant_until = 0.5
matrix_rate = 0.02
other_rate = 0.02
weight_decay = 0.01
clip = 1.0
evaluate_every = 4
checkpoint_minutes = 60.0
"""
TALK = "are you still coming to dinner tomorrow at seven yes see you there then great thanks"


@dataclass(frozen=True)
class Workshop:
    """A folder of sources, a prepared and encoded working folder, and the recipe for them."""

    data: Path
    work: Path
    recipe_file: Path
    recipe: Recipe
    tokenizer: Tokenizer
    template: PromptTemplate


def write_source(path: Path, chats: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(chat) + "\n" for chat in chats), encoding="utf-8")


def some_chats(source: str, speakers: list[str], count: int, seed: int) -> list[dict[str, object]]:
    rng = random.Random(seed)
    return [
        {
            "source": source,
            "id": f"{source}-{number}",
            "turns": [
                {
                    "speaker": speakers[turn % len(speakers)],
                    "text": " ".join(rng.choices(TALK.split(), k=rng.randint(1, 9))),
                }
                for turn in range(rng.randint(2, 8))
            ],
        }
        for number in range(count)
    ]


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    root = tmp_path_factory.mktemp("workshop")
    data, work = root / "data", root / "work"
    data.mkdir()
    write_source(data / "small.jsonl", some_chats("small", ["Ana", "Ben", "Cleo"], 400, 1))
    write_source(data / "forms.jsonl", some_chats("forms", ["guest", "clerk"], 200, 2))
    recipe_file = root / "tiny.toml"
    recipe_file.write_text(RECIPE, encoding="utf-8")
    recipe = load_recipe(str(recipe_file))
    template = QUICKTYPE
    prepare(data, recipe.data, work, lambda _: None)
    tokenizer = learn_vocabulary(work, recipe, template)
    (work / "tokenizer.model").write_bytes(tokenizer.data)
    encode(work, recipe.data, tokenizer, template, lambda _: None)
    return Workshop(data, work, recipe_file, recipe, tokenizer, template)
