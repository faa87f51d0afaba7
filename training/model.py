"""The Llama that is trained: the same arithmetic as the engine's, in torch.

Parameters carry the names and the row order that the weights file uses, so that export is a copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from engine.config import ModelConfig


class Block(nn.Module):
    """One layer: attention, then the gated feed-forward, each on a normed copy of the stream."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        width, query = config.dim, config.heads * config.head_dim
        key = config.kv_heads * config.head_dim
        self.attention_norm = nn.Parameter(torch.ones(width))
        self.q = _matrix(query, width)
        self.k = _matrix(key, width)
        self.v = _matrix(key, width)
        self.o = _matrix(width, query, config.layers)
        self.ffn_norm = nn.Parameter(torch.ones(width))
        self.gate = _matrix(config.hidden, width)
        self.up = _matrix(config.hidden, width)
        self.down = _matrix(width, config.hidden, config.layers)

    def forward(self, stream: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """The stream [batch, time, dim] after this layer."""
        stream = stream + self._attention(self._norm(stream, self.attention_norm), cos, sin)
        normed = self._norm(stream, self.ffn_norm)
        gated = functional.silu(functional.linear(normed, self.gate))
        return stream + functional.linear(gated * functional.linear(normed, self.up), self.down)

    def _norm(self, stream: Tensor, weight: Tensor) -> Tensor:
        return functional.rms_norm(stream, (self.config.dim,), weight, self.config.norm_eps)

    def _attention(self, normed: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        batch, time, _ = normed.shape
        c = self.config

        def heads(matrix: Tensor, count: int) -> Tensor:
            return (
                functional.linear(normed, matrix)
                .view(batch, time, count, c.head_dim)
                .transpose(1, 2)
            )

        q, k = rotate(heads(self.q, c.heads), cos, sin), rotate(heads(self.k, c.kv_heads), cos, sin)
        mixed = functional.scaled_dot_product_attention(
            q, k, heads(self.v, c.kv_heads), is_causal=True, enable_gqa=c.kv_heads != c.heads
        )
        return functional.linear(mixed.transpose(1, 2).reshape(batch, time, -1), self.o)


class Llama(nn.Module):
    """Token ids to logits."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Parameter(0.02 * torch.randn(config.vocab, config.dim))
        self.layers = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.Parameter(torch.ones(config.dim))
        if not config.tied:
            self.classifier = nn.Parameter(0.02 * torch.randn(config.vocab, config.dim))

    def forward(self, ids: Tensor) -> Tensor:
        """Logits [batch, time, vocab] for token ids [batch, time]."""
        stream = functional.embedding(ids, self.embedding)
        cos, sin = rope_tables(self.config, ids.shape[1], stream.dtype)
        for layer in self.layers:
            stream = layer(stream, cos, sin)
        normed = functional.rms_norm(stream, (self.config.dim,), self.norm, self.config.norm_eps)
        return functional.linear(normed, self.embedding if self.config.tied else self.classifier)


@torch.no_grad()
def surprise(model: Llama, ids: list[int], start: int) -> float:
    """Minus the log probability (nats) of ``ids[start:]`` after ``ids[:start]``."""
    row = torch.tensor([ids])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(row[:, :-1])[0, start - 1 :]
    return functional.cross_entropy(logits.float(), row[0, start:], reduction="sum").item()


def _matrix(rows: int, columns: int, layers: int | None = None) -> nn.Parameter:
    """A normal start; matrices that write to the stream are scaled down by depth, as in GPT-2."""
    scale = columns**-0.5 if layers is None else (2 * layers * columns) ** -0.5
    return nn.Parameter(scale * torch.randn(rows, columns))


def rope_tables(config: ModelConfig, time: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines [time, head_dim / 2] of every position's angles."""
    pairs = torch.arange(0, config.head_dim, 2) / config.head_dim
    angles = torch.outer(torch.arange(time).float(), config.rope_theta**-pairs)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(heads: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """RoPE on [..., time, head_dim], half-split: element i turns with element i + head_dim / 2."""
    first, second = heads.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, first * sin + second * cos), dim=-1)
