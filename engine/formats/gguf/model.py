"""A model of the llama architecture out of a GGUF file."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from engine import packing
from engine.config import ModelConfig
from engine.formats.errors import FormatError
from engine.formats.foreign import ForeignModel, GgmlWeights
from engine.formats.gguf import file as gguf_file
from engine.formats.gguf.names import TEMPLATE_KEY, tensor_name
from engine.formats.gguf.read_vocabulary import read_vocabulary
from engine.formats.parts import turns_with_position
from engine.formats.shape import fitted, fitted_shape
from engine.formats.tokenizer_files import read_tokenizer_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.formats.gguf.file import GgufFile

_FACTS = ("license", "author", "organization", "basename", "finetune", "url", "source.url")
_ADVICE = "choose a plain Llama model"


def read(path: Path, tokenizer: Path | None = None) -> ForeignModel:
    """Read a GGUF file; `tokenizer` is a file that takes its vocabulary's place.

    Raises FormatError with what it is that cannot be used.
    """
    file = gguf_file.read(path)
    _check_architecture(file)
    config = _config(file)
    shape = fitted_shape(config)
    return ForeignModel(
        name=_text(file, "general.name") or path.stem,
        format="GGUF",
        config=shape,
        tensors=fitted(config, shape, _weights(file, config)),
        tokenizer=read_tokenizer_file(tokenizer, config.vocab)
        if tokenizer
        else read_vocabulary(file, config.vocab),
        chat_template=_text(file, "tokenizer.chat_template"),
        template=_template(file),
        facts={key: text for key in _FACTS if (text := _text(file, f"general.{key}"))},
    )


def _check_architecture(file: GgufFile) -> None:
    architecture = file.metadata.get("general.architecture")
    if architecture != "llama":
        raise FormatError(
            f"{file.path} is a model of the architecture {str(architecture)[:40]!r}, "
            f"but the engine runs llama only: {_ADVICE}"
        )
    if _get(file, "split.count", 1, least=0) > 1:
        raise FormatError(f"{file.path} is a part of a model: join the parts with llama-gguf-split")
    if _get(file, "llama.expert_count", 0, least=0) > 0:
        raise FormatError(f"{file.path} is a mixture of experts: {_ADVICE}")
    scaling = file.metadata.get("llama.rope.scaling.type", "none")
    factor = _number(file, "llama.rope.scaling.factor", 1.0)
    if (scaling != "none" and factor != 1) or "rope_freqs.weight" in file.tensors:
        raise FormatError(
            f"{file.path} stretches its positions (RoPE scaling {str(scaling)[:20]!r}), which the "
            f"engine does not: {_ADVICE}"
        )


def _config(file: GgufFile) -> ModelConfig:
    embedding = file.tensors.get("token_embd.weight")
    if embedding is None or len(embedding.shape) != 2:
        raise FormatError(f"{file.path} has no embedding: get a fresh copy of it")
    dim, heads = _get(file, "llama.embedding_length"), _get(file, "llama.attention.head_count")
    head_dim = _get(file, "llama.attention.key_length", dim // heads or 1)
    for key in ("llama.attention.value_length", "llama.rope.dimension_count"):
        if _get(file, key, head_dim) != head_dim:
            raise FormatError(f"{file.path} has heads that the engine does not run: {_ADVICE}")
    return ModelConfig(
        dim=dim,
        hidden=_get(file, "llama.feed_forward_length"),
        layers=_get(file, "llama.block_count"),
        heads=heads,
        kv_heads=_get(file, "llama.attention.head_count_kv", heads),
        head_dim=head_dim,
        vocab=embedding.shape[0],
        context=min(
            _get(file, "llama.context_length"),
            _get(file, "llama.attention.sliding_window", 1 << 24),
        ),
        rope_theta=_number(file, "llama.rope.freq_base", 10_000.0),
        norm_eps=_number(file, "llama.attention.layer_norm_rms_epsilon", 1e-5),
        tied="output.weight" not in file.tensors,
    )


def _weights(file: GgufFile, config: ModelConfig) -> Mapping[str, GgmlWeights]:
    """The tensors under our names; one that does not belong there is refused."""
    unknown = set(file.tensors)
    weights = {}
    for ours, shape in packing.weight_shapes(config).items():
        theirs = tensor_name(ours)
        tensor = file.tensors.get(theirs)
        if tensor is None:
            raise FormatError(f"{file.path} lacks the tensor {theirs}: get a fresh copy of it")
        if tensor.shape != shape:
            raise FormatError(
                f"{file.path} has {theirs} in the shape {list(tensor.shape)}, but its metadata "
                f"say {list(shape)}: get a fresh copy of it"
            )
        interleaved = config.head_dim if turns_with_position(ours) else 0
        weights[ours] = GgmlWeights(theirs, shape, tensor.type, tensor.data, interleaved)
        unknown.discard(theirs)
    if unknown:
        raise FormatError(
            f"{file.path} has the tensor {min(unknown)[:80]}, which the engine knows nothing of: "
            f"{_ADVICE}"
        )
    return weights


def _template(file: GgufFile) -> dict[str, object] | None:
    """Our own prompt template, if we wrote the file."""
    try:
        value = json.loads(_text(file, TEMPLATE_KEY) or "null")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _get(file: GgufFile, key: str, default: int | None = None, *, least: int = 1) -> int:
    value = file.metadata.get(key, default)
    if type(value) is not int or not least <= value <= 1 << 24:
        raise FormatError(f"{file.path} has no usable {key}: {_ADVICE}")
    return value


def _number(file: GgufFile, key: str, default: float) -> float:
    value = file.metadata.get(key, default)
    if type(value) not in (int, float) or not 0 < float(str(value)) < math.inf:
        raise FormatError(f"{file.path} has no usable {key}: get a fresh copy of it")
    return float(str(value))


def _text(file: GgufFile, key: str) -> str | None:
    value = file.metadata.get(key)
    return value if isinstance(value, str) and value else None
