"""A recipe: everything that decides what a training run makes, in one small file."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from engine.config import ModelConfig

RECIPES = Path(__file__).parent / "recipes"

_Section = TypeVar("_Section")


class RecipeError(ValueError):
    """The recipe file cannot be read, or says something that makes no sense."""


@dataclass(frozen=True, slots=True)
class DataRecipe:
    """Which sources, how often each is drawn, and whose lines are context only."""

    weights: dict[str, float]
    characters_per_source: int
    canned: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TokenizerRecipe:
    """The vocabulary's size, and from how many messages it is learned."""

    vocab: int
    sentences: int


@dataclass(frozen=True, slots=True)
class ModelRecipe:
    """The model's shape; the vocabulary comes from the tokenizer."""

    dim: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    context: int
    rope_theta: float = 10_000.0

    def config(self, vocab: int) -> ModelConfig:
        """The engine's description of this shape with a vocabulary of `vocab` pieces."""
        return ModelConfig(**dataclasses.asdict(self), vocab=vocab)


@dataclass(frozen=True, slots=True)
class StartRecipe:
    """Which layers of SmolLM2 a transplanted start keeps; none means from scratch."""

    layers: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TrainRecipe:
    """The optimisation: batch, rates, schedule, and how often to look and to save.

    A run ends after `minutes`; or, where `steps` is given, after so many steps, and then its result
    does not depend on how fast the machine is.
    """

    minutes: float
    window: int
    windows_per_step: int
    windows_per_pass: int
    warmup_steps: int
    constant_until: float
    matrix_rate: float
    other_rate: float
    weight_decay: float
    clip: float
    evaluate_every: int
    checkpoint_minutes: float
    steps: int | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    """One training run, from text to weights."""

    name: str
    seed: int
    data: DataRecipe
    tokenizer: TokenizerRecipe
    model: ModelRecipe
    start: StartRecipe
    train: TrainRecipe


def load_recipe(name_or_path: str) -> Recipe:
    """A recipe by its file's path, or by the name of one that ships.

    Raises:
        RecipeError: there is no such recipe, it is not TOML, or a field is missing, unknown or
            of the wrong kind.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = RECIPES / f"{name_or_path}.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        shipped = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise RecipeError(
            f"no recipe {name_or_path}: give a .toml file, or one of {shipped}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not a recipe: {error}") from error
    try:
        return Recipe(
            name=values["name"],
            seed=values["seed"],
            data=_section(DataRecipe, values["data"]),
            tokenizer=_section(TokenizerRecipe, values["tokenizer"]),
            model=_section(ModelRecipe, values["model"]),
            start=_section(StartRecipe, values.get("start", {})),
            train=_section(TrainRecipe, values["train"]),
        )
    except KeyError as error:
        raise RecipeError(f"{path} lacks {error}") from error


def _section(kind: type[_Section], values: dict[str, Any]) -> _Section:
    try:
        return kind(**values)
    except TypeError as error:
        raise RecipeError(f"the recipe has a wrong section: {error}") from error
