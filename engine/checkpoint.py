"""The weights file: one file that holds all that a model is.

A safetensors file (`engine.container`) with, in this order: the packed matrices as the kernels read
them, in order of use (U8 ``[blocks, bytes of a block]``); the norms (F32); the tokenizer's bytes
(U8). The metadata hold the format and its version, the model's name, and as JSON its configuration,
prompt template and model card. Loading maps the file and checks it; nothing is copied.

In version 1 all matrices have eight bits a weight. Version 2 has matrices of four bits too: its
metadata hold ``bits``, a JSON object with 8 or 4 for each matrix. It is written only when needed.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine import container, packing
from engine.config import ModelConfig
from engine.container import CheckpointError
from engine.kernels import layout
from engine.quantize import BITS, QuantizedTensor
from engine.tokenizer import TokenizerError, read_tokenizer

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

__all__ = ["FORMAT", "FORMAT_VERSION", "Checkpoint", "CheckpointError", "load", "quantized", "save"]

FORMAT = "quicktype"
FORMAT_VERSION = 2
"""The newest that this program reads; a file without four-bit matrices is written as 1."""
_EIGHT_BITS_ONLY = 1
_TOKENIZER = "tokenizer"
_MAX_NAME = 100
_MAX_SIZE = 1 << 24


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model at rest.

    `matrices` are named and shaped as `engine.packing` fuses them; `vectors` are float32. After
    `load` both are read-only views of the mapped file. `template` and `card` are plain JSON values.
    """

    name: str
    config: ModelConfig
    template: Mapping[str, Any]
    tokenizer: bytes
    matrices: Mapping[str, QuantizedTensor]
    vectors: Mapping[str, NDArray[np.float32]]
    card: Mapping[str, Any]

    @property
    def nbytes(self) -> int:
        """The weights' size in bytes, scales included."""
        matrices = sum(tensor.packed.nbytes for tensor in self.matrices.values())
        return matrices + sum(vector.nbytes for vector in self.vectors.values())


def quantized(
    name: str,
    config: ModelConfig,
    weights: Mapping[str, NDArray[np.float32] | QuantizedTensor],
    tokenizer: bytes,
    template: Mapping[str, Any],
    card: Mapping[str, Any],
    bits: int = 8,
) -> Checkpoint:
    """A checkpoint from a model's weights: matrices fused, rounded and packed, vectors kept.

    `weights` are named as in `engine.packing`; matrices that are packed already are taken as they
    are. `bits`, 8 or 4, is for the other matrices of the layers (`packing.fuse_packed`). Raises
    CheckpointError when a weight is missing or has a shape that does not belong to `config`.
    """
    try:
        matrices = packing.fuse_packed(config, weights, bits)
        floats = {key: w for key, w in weights.items() if not isinstance(w, QuantizedTensor)}
        vectors = {
            key: np.ascontiguousarray(floats[key], dtype=np.float32)
            for key in vector_shapes(config)
        }
    except ValueError as error:
        raise CheckpointError(f"the weights do not fit the configuration: {error}") from error
    checkpoint = Checkpoint(name, config, template, tokenizer, matrices, vectors, card)
    _check(checkpoint, "these weights")
    return checkpoint


def save(path: str | os.PathLike[str], checkpoint: Checkpoint) -> None:
    """Write a checkpoint, so that under `path` lies either what was there or all of the new file.

    Raises CheckpointError when its parts do not fit each other or the disk refuses.
    """
    _check(checkpoint, "this checkpoint")
    bits = {key: tensor.bits for key, tensor in checkpoint.matrices.items()}
    stream(path, checkpoint, bits, lambda name: checkpoint.matrices[name])


def stream(
    path: str | os.PathLike[str],
    checkpoint: Checkpoint,
    bits: Mapping[str, int],
    matrix: Callable[[str], QuantizedTensor],
) -> None:
    """Write a checkpoint whose matrices are made one at a time, when their turn comes.

    `bits` holds 8 or 4 for each matrix of the shape, `matrix` makes one; those of `checkpoint` are
    not looked at. Raises CheckpointError when the disk refuses, and whatever `matrix` raises; then
    nothing is left under `path` but what was there.
    """
    tensors: dict[str, NDArray[Any] | container.Pending] = {
        name: _pending(name, *shape, bits[name], matrix)
        for name, shape in packing.matrix_shapes(checkpoint.config).items()
    }
    tensors.update(checkpoint.vectors)
    tensors[_TOKENIZER] = np.frombuffer(checkpoint.tokenizer, np.uint8)
    four = 4 in bits.values()
    metadata = {
        "format": FORMAT,
        "format_version": str(FORMAT_VERSION if four else _EIGHT_BITS_ONLY),
        "name": checkpoint.name,
        "config": json.dumps(asdict(checkpoint.config)),
        "template": json.dumps(dict(checkpoint.template)),
        "card": json.dumps(dict(checkpoint.card)),
    }
    if four:
        metadata["bits"] = json.dumps(dict(bits))
    container.write(Path(path), metadata, tensors)


def _pending(
    name: str, rows: int, cols: int, bits: int, matrix: Callable[[str], QuantizedTensor]
) -> container.Pending:
    blocks = layout.blocks_of(rows)
    shape = (blocks, layout.matrix_bytes(rows, cols, bits) // blocks)
    return container.Pending(
        shape, np.dtype(np.uint8), lambda: matrix(name).packed.reshape(blocks, -1)
    )


def load(path: str | os.PathLike[str], *, verify: bool = True) -> Checkpoint:
    """Map a checkpoint and check that it is whole and consistent.

    `verify` reads the file once for its checksum: about 0.6 ms per MB. Raises CheckpointError.
    """
    file = container.read(Path(path))
    _check_format(file)
    if verify:
        file.verify()
    config = _config(file)
    checkpoint = Checkpoint(
        name=_name(file),
        config=config,
        template=_json(file, "template"),
        tokenizer=_tokenizer_bytes(file),
        matrices=_matrices(file, config),
        vectors=_vectors(file, config),
        card=_json(file, "card"),
    )
    _check(checkpoint, str(path))
    return checkpoint


def vector_shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """The float32 vectors of a model, in order of use."""
    names = [
        name
        for layer in range(config.layers)
        for name in (f"layers.{layer}.attention_norm", f"layers.{layer}.ffn_norm")
    ]
    return dict.fromkeys([*names, "norm"], (config.dim,))


def _check_format(file: container.Container) -> None:
    kind, version = file.metadata.get("format"), file.metadata.get("format_version", "")
    if kind != FORMAT:
        raise CheckpointError(
            f"{file.path} holds tensors, but is not a quicktype weights file: "
            "import it with `quicktype model import`"
        )
    if not (version.isascii() and version.isdigit() and len(version) < 10 and int(version) > 0):
        raise _inconsistent(file.path, "its format version is no number")
    if int(version) > FORMAT_VERSION:
        raise CheckpointError(
            f"{file.path} was made by a newer quicktype (format {int(version)}, this program reads "
            f"{FORMAT_VERSION}): update quicktype"
        )


def _inconsistent(where: object, why: str) -> CheckpointError:
    return CheckpointError(f"{where} cannot be used, {why}: get a fresh copy of it")


def _name(file: container.Container) -> str:
    name = file.metadata.get("name", "")
    if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        raise _inconsistent(file.path, "its name is missing or unprintable")
    return name


def _json(file: container.Container, key: str) -> dict[str, Any]:
    try:
        value = json.loads(file.metadata[key])
    except (KeyError, ValueError, RecursionError) as error:
        raise _inconsistent(file.path, f"its {key} is missing or no JSON") from error
    if not isinstance(value, dict):
        raise _inconsistent(file.path, f"its {key} is no JSON object")
    return value


def _config(file: container.Container) -> ModelConfig:
    value = _json(file, "config")
    known = {field.name: field.type for field in fields(ModelConfig)}
    if value.keys() != known.keys():
        raise _inconsistent(file.path, "its configuration lacks a field or has one too many")
    try:
        config = ModelConfig(**{name: _typed(value[name], str(known[name])) for name in known})
        packing.check(config)
    except (ValueError, OverflowError) as error:
        raise _inconsistent(file.path, "its configuration makes no sense") from error
    return config


def _typed(value: object, kind: str) -> Any:
    """The JSON value as the field's type: a bool, a size, or a finite number above zero."""
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "int" and type(value) is int and 0 < value <= _MAX_SIZE:
        return value
    if kind == "float" and type(value) in (int, float):
        number = float(str(value))
        if 0 < number < math.inf:
            return number
    raise ValueError(f"{value!r} is no {kind} that a model may have")


def _tensor(file: container.Container, name: str, dtype: type[np.generic]) -> NDArray[Any]:
    tensor = file.tensors.get(name)
    if tensor is None or tensor.dtype != dtype:
        raise _inconsistent(file.path, f"its {name} is missing or of another type")
    return tensor


def _tokenizer_bytes(file: container.Container) -> bytes:
    return bytes(_tensor(file, _TOKENIZER, np.uint8).tobytes())


def _matrices(file: container.Container, config: ModelConfig) -> dict[str, QuantizedTensor]:
    """Views of the packed matrices; a byte count that does not belong to the shape is refused."""
    shapes = packing.matrix_shapes(config)
    bits = _bits(file, shapes)
    matrices = {}
    for name, (rows, cols) in shapes.items():
        packed = _tensor(file, name, np.uint8).reshape(-1)
        if bits.get(name) not in BITS:
            raise _inconsistent(file.path, f"the bits of its {name} are not 8 or 4")
        if packed.nbytes != layout.matrix_bytes(rows, cols, bits[name]):
            raise _inconsistent(file.path, f"its {name} has another shape than its configuration")
        matrices[name] = QuantizedTensor(rows, cols, packed, bits[name])
    return matrices


def _bits(file: container.Container, names: Iterable[str]) -> dict[str, int]:
    """What the file says about the bits a weight of its matrices."""
    if int(file.metadata["format_version"]) == _EIGHT_BITS_ONLY:
        return dict.fromkeys(names, 8)
    return {name: bits for name, bits in _json(file, "bits").items() if type(bits) is int}


def _vectors(file: container.Container, config: ModelConfig) -> dict[str, NDArray[np.float32]]:
    return {name: _tensor(file, name, np.float32) for name in vector_shapes(config)}


def _check(checkpoint: Checkpoint, where: str) -> None:
    """What must hold of every checkpoint, made, saved or loaded."""
    config = checkpoint.config
    shapes = {name: (t.rows, t.cols) for name, t in checkpoint.matrices.items()}
    if shapes != packing.matrix_shapes(config):
        raise _inconsistent(where, "its matrices have other shapes than its configuration")
    if {name: v.shape for name, v in checkpoint.vectors.items()} != vector_shapes(config):
        raise _inconsistent(where, "its norms have other shapes than its configuration")
    try:
        vocab = read_tokenizer(checkpoint.tokenizer).vocab
    except TokenizerError as error:
        raise _inconsistent(where, "its tokenizer is broken") from error
    if vocab != config.vocab:
        raise _inconsistent(
            where, f"its tokenizer has {vocab} pieces and its configuration {config.vocab}"
        )
