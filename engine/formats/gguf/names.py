"""What GGUF calls things."""

from __future__ import annotations

TEMPLATE_KEY = "quicktype.template"
"""Our own prompt template, so that a model that is exported and imported again keeps it."""

_TENSORS = {
    "embedding": "token_embd",
    "norm": "output_norm",
    "classifier": "output",
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


def tensor_name(ours: str) -> str:
    """GGUF's name for a weight of `engine.packing.weight_shapes`."""
    layer, _, part = ours.rpartition(".")
    block = layer.replace("layers", "blk")
    return f"{block}.{_TENSORS[part]}.weight" if block else f"{_TENSORS[part]}.weight"
