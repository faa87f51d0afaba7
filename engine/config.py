"""The shape of a Llama model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Sizes and constants of one Llama model.

    RoPE rotates the pairs ``(i, i + head_dim / 2)`` of each head ("half-split", as Hugging Face
    stores Llama), with angles ``position * rope_theta ** (-2 i / head_dim)``.
    """

    dim: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    context: int
    rope_theta: float = 10_000.0
    norm_eps: float = 1e-5
    tied: bool = True

    @property
    def parameters(self) -> int:
        """How many weights a model of this shape has."""
        attention = self.dim * self.head_dim * (2 * self.heads + 2 * self.kv_heads)
        layer = attention + 3 * self.dim * self.hidden + 2 * self.dim
        tables = self.vocab * self.dim * (1 if self.tied else 2)
        return self.layers * layer + tables + self.dim
