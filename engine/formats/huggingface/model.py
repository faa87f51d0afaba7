"""A Llama out of a Hugging Face folder."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from engine import packing
from engine.config import ModelConfig
from engine.formats.errors import FormatError
from engine.formats.files import read_json, read_small
from engine.formats.foreign import ForeignModel, GgmlWeights
from engine.formats.huggingface.safetensors import Tensor, known, read_folder
from engine.formats.shape import fitted, fitted_shape
from engine.formats.tokenizer_files import read_tokenizer_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONFIG = "config.json"
_ADVICE = "choose a plain Llama model"
_TOKENIZERS = ("tokenizer.model", "tokenizer.json")
_MAX_TEMPLATE = 1 << 20
_SPARE_TOKENS = 1 << 12
_TENSORS = {
    "embedding": "model.embed_tokens",
    "norm": "model.norm",
    "classifier": "lm_head",
    "attention_norm": "input_layernorm",
    "q": "self_attn.q_proj",
    "k": "self_attn.k_proj",
    "v": "self_attn.v_proj",
    "o": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}
_MUST_BE: dict[str, tuple[object, ...]] = {
    "hidden_act": ("silu",),
    "attention_bias": (False,),
    "mlp_bias": (False,),
    "partial_rotary_factor": (1, 1.0),
}
"""What the engine takes for granted, if the configuration says anything about it."""


def read(folder: Path, tokenizer: Path | None = None) -> ForeignModel:
    """Read a folder; `tokenizer` is a file, else one in the folder is taken. Raises FormatError."""
    values = read_json(folder / CONFIG)
    path = folder / CONFIG
    _check(path, values)
    config = _config(path, values)
    shape = fitted_shape(config)
    end = values.get("eos_token_id")
    end = end[0] if isinstance(end, list) and end else end
    return ForeignModel(
        name=folder.resolve().name,
        format="Hugging Face folder",
        config=shape,
        tensors=fitted(config, shape, _weights(folder, config)),
        tokenizer=read_tokenizer_file(
            tokenizer or _tokenizer(folder),
            config.vocab,
            end=end if type(end) is int and 0 <= end < config.vocab else None,
            spare=_SPARE_TOKENS,
        ),
        chat_template=_chat_template(folder),
    )


def _check(path: Path, values: Mapping[str, Any]) -> None:
    kind = values.get("model_type")
    if kind != "llama":
        raise FormatError(
            f"{path} says that the model is a {str(kind)[:40]!r}, but the engine runs llama only: "
            f"{_ADVICE}"
        )
    for key, allowed in _MUST_BE.items():
        if values.get(key) not in (None, *allowed):
            raise FormatError(
                f"{path} says {key} {str(values[key])[:40]}, which the engine does not run: "
                f"{_ADVICE}"
            )
    scaling = _rope(values)
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    if kind != "default":
        raise FormatError(
            f"{path} stretches its positions (RoPE scaling {str(kind)[:20]!r}), which the engine "
            f"does not: {_ADVICE}"
        )


def _rope(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is said about RoPE; newer files say it under another name."""
    rope = values.get("rope_parameters") or values.get("rope_scaling") or {}
    return rope if isinstance(rope, dict) else {"type": "unknown"}


def _config(path: Path, values: Mapping[str, Any]) -> ModelConfig:
    dim, heads = _size(path, values, "hidden_size"), _size(path, values, "num_attention_heads")
    theta = _rope(values).get("rope_theta", values.get("rope_theta", 10_000.0))
    return ModelConfig(
        dim=dim,
        hidden=_size(path, values, "intermediate_size"),
        layers=_size(path, values, "num_hidden_layers"),
        heads=heads,
        kv_heads=_size(path, values, "num_key_value_heads", heads),
        head_dim=_size(path, values, "head_dim", dim // heads or 1),
        vocab=_size(path, values, "vocab_size"),
        context=_size(path, values, "max_position_embeddings", 2048),
        rope_theta=_number(path, "rope_theta", theta),
        norm_eps=_number(path, "rms_norm_eps", values.get("rms_norm_eps", 1e-6)),
        tied=values.get("tie_word_embeddings") is True,
    )


def _size(path: Path, values: Mapping[str, Any], key: str, default: int | None = None) -> int:
    value = default if values.get(key) is None else values[key]
    if type(value) is not int or not 0 < value <= 1 << 24:
        raise FormatError(f"{path} has no usable {key}: {_ADVICE}")
    return value


def _number(path: Path, key: str, value: object) -> float:
    if type(value) not in (int, float) or not 0 < float(str(value)) < math.inf:
        raise FormatError(f"{path} has no usable {key}: get a fresh copy of it")
    return float(str(value))


def _weights(folder: Path, config: ModelConfig) -> dict[str, GgmlWeights]:
    """The tensors under our names; biases and other strangers are refused."""
    tensors = read_folder(folder)
    weights = {}
    for ours, shape in packing.weight_shapes(config).items():
        theirs = _name(ours)
        tensor = known(tensors, folder, theirs, shape)
        weights[ours] = GgmlWeights(theirs, shape, tensor.type, tensor.data)
    _check_strangers(folder, tensors, {_name(ours) for ours in weights} | {_name("classifier")})
    return weights


def _check_strangers(folder: Path, tensors: Mapping[str, Tensor], names: set[str]) -> None:
    """Old files keep RoPE's frequencies, and some a classifier that is the embedding."""
    strangers = {name for name in tensors if not name.endswith("rotary_emb.inv_freq")} - names
    if strangers:
        raise FormatError(
            f"{folder} has the tensor {min(strangers)[:80]}, which the engine knows nothing of: "
            f"{_ADVICE}"
        )


def _name(ours: str) -> str:
    layer, _, part = ours.rpartition(".")
    return f"model.{layer}.{_TENSORS[part]}.weight" if layer else f"{_TENSORS[part]}.weight"


def _tokenizer(folder: Path) -> Path:
    for name in _TOKENIZERS:
        if (folder / name).exists():
            return folder / name
    raise FormatError(f"{folder} has no {' or '.join(_TOKENIZERS)}: name one with --tokenizer")


def _chat_template(folder: Path) -> str | None:
    """The Jinja text, from the file of its own or from the tokenizer's configuration."""
    alone, settings = folder / "chat_template.jinja", folder / "tokenizer_config.json"
    if alone.exists():
        return read_small(alone, _MAX_TEMPLATE).decode("utf-8", errors="replace")
    value = read_json(settings).get("chat_template") if settings.exists() else None
    if isinstance(value, list):
        named = [item for item in value if isinstance(item, dict) and item.get("name") == "default"]
        value = named[0].get("template") if named else None
    return value if isinstance(value, str) else None
