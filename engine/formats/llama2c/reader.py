"""A llama2.c checkpoint, with the tokenizer that lies beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.config import ModelConfig
from engine.formats import ggml
from engine.formats.errors import FormatError
from engine.formats.files import mapped
from engine.formats.foreign import ForeignModel, GgmlWeights, Weights
from engine.formats.llama2c.layout import (
    HEADER_BYTES,
    MAGIC,
    NORM_EPS,
    ROPE_THETA,
    SIZES,
    START,
    Item,
    items,
)
from engine.formats.parts import half_split, turns_with_position
from engine.formats.shape import fitted, fitted_shape
from engine.formats.tokenizer_files import beside, read_tokenizer_file
from engine.kernels.layout import GROUP
from engine.quantize import Unpacked, pack

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.quantize import QuantizedTensor

_MAX_SIZE = 1 << 24


class _Header(NamedTuple):
    """What a file says about itself."""

    config: ModelConfig
    version: int
    group: int
    bytes: int


def read(path: Path, tokenizer: Path | None = None) -> ForeignModel:
    """Read a checkpoint; `tokenizer` is a file, else one beside it is taken. Raises FormatError."""
    data = mapped(path)
    header = _header(path, data)
    places = _places(path, header, len(data))
    weights = {
        item.name: _view(data[begin:], item, header) for item, begin in places if item.table is None
    }
    config = header.config
    if header.version == 0:
        sines = next(data[begin:] for item, begin in places if item.table == 1)
        config = replace(config, rope_theta=_rope_theta(config, sines))
    shape = fitted_shape(config)
    return ForeignModel(
        name=path.stem,
        format=f"llama2.c version {header.version}",
        config=shape,
        tensors=fitted(config, shape, weights),
        tokenizer=read_tokenizer_file(tokenizer or beside(path.parent), config.vocab),
    )


def _header(path: Path, data: NDArray[np.uint8]) -> _Header:
    if len(data) < HEADER_BYTES:
        raise FormatError(f"{path} is too short for a model: get a fresh copy of it")
    raw = data[:HEADER_BYTES].tobytes()
    magic, version = START.unpack_from(raw)
    if magic != MAGIC:
        sizes = SIZES.unpack_from(raw)
        return _Header(_config(path, sizes, tied=sizes[5] > 0), 0, 0, SIZES.size)
    if version not in (1, 2):
        raise FormatError(
            f"{path} is a llama2.c file of version {version}; this program reads 0, 1 and 2"
        )
    flags = START.size + SIZES.size
    config = _config(path, SIZES.unpack_from(raw, START.size), tied=raw[flags] != 0)
    group = int.from_bytes(raw[flags + 1 : flags + 5], "little") if version > 1 else 0
    if version > 1 and not 1 <= group <= _MAX_SIZE:
        raise FormatError(f"{path} has groups of {group} weights: get a fresh copy of it")
    return _Header(config, version, group, HEADER_BYTES)


def _config(path: Path, sizes: tuple[int, ...], *, tied: bool) -> ModelConfig:
    dim, hidden, layers, heads, kv_heads, vocab, context = sizes
    vocab = abs(vocab)
    plausible = all(0 < size <= _MAX_SIZE for size in (*sizes[:5], vocab, context))
    if not plausible or dim % heads or heads % kv_heads:
        raise FormatError(
            f"{path} is no model that this program knows: name a GGUF, a llama2.c file (.bin) or a "
            "Hugging Face folder"
        )
    return ModelConfig(
        dim=dim,
        hidden=hidden,
        layers=layers,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=dim // heads,
        vocab=vocab,
        context=context,
        rope_theta=ROPE_THETA,
        norm_eps=NORM_EPS,
        tied=tied,
    )


def _places(path: Path, header: _Header, size: int) -> list[tuple[Item, int]]:
    """Where each run of numbers begins; the file must be exactly as long as its header says."""
    if header.config.layers * header.config.dim > size:
        raise FormatError(f"{path} ends early: get a fresh copy of it")
    end = header.bytes
    places = []
    for item in items(header.config, header.version):
        places.append((item, end))
        count = math.prod(item.shape)
        if item.quantized and count % header.group:
            raise FormatError(f"{path} has groups that its matrices do not fill")
        end += count + count // header.group * 4 if item.quantized else count * 4
    if end > size:
        raise FormatError(
            f"{path} ends early, {end - size:,} bytes are missing: get a fresh copy of it"
        )
    if end < size:
        raise FormatError(
            f"{path} is no llama2.c model, {size - end:,} bytes are too many for its sizes: "
            "name another file"
        )
    return places


def _view(data: NDArray[np.uint8], item: Item, header: _Header) -> Weights:
    """The weights at the beginning of `data`."""
    heads = header.config.head_dim if turns_with_position(item.name) else 0
    count, columns = math.prod(item.shape), item.shape[-1]
    if not item.quantized:
        return GgmlWeights(
            item.name, item.shape, ggml.F32, data[: 4 * count].reshape(-1, 4 * columns), heads
        )
    integers = data[:count].view(np.int8)
    scales = data[count : count + count // header.group * 4]
    return _Groups(item.name, item.shape, header.group, integers, scales, heads)


def _rope_theta(config: ModelConfig, sines: NDArray[np.uint8]) -> float:
    """RoPE's base, read off the table of sines that version 0 has, ``[context, head_dim / 2]``.

    llama2.c computes its own with the base 10,000 and never looks at the table, so one that makes
    no sense does no harm there, and none here.
    """
    pairs = config.head_dim // 2
    if config.context < 2 or pairs < 2:
        return ROPE_THETA
    found = sines[4 * pairs : 8 * pairs].view("<f4").astype(np.float64)
    with np.errstate(all="ignore"):
        theta = float(found[-1] ** (-pairs / (pairs - 1)))
        expected = np.sin(theta ** (-np.arange(pairs) / pairs))
    if not (math.isfinite(theta) and np.allclose(found, expected, rtol=1e-4)):
        return ROPE_THETA
    return float(f"{theta:.4g}")


@dataclass(frozen=True)
class _Groups:
    """A matrix of version 2: groups of any size, which may even reach over the end of a row."""

    name: str
    shape: tuple[int, ...]
    group: int
    integers: NDArray[np.int8]
    scales: NDArray[np.uint8]
    interleaved_heads: int

    @property
    def kind(self) -> str:
        """How it is kept."""
        return f"int8 in groups of {self.group}"

    @property
    def bits(self) -> int | None:
        """8 where the groups are ours, and our scales, of half the bits, are the same numbers."""
        return 8 if self._exact else None

    @cached_property
    def _exact(self) -> bool:
        if self.group != GROUP or self.shape[1] % GROUP:
            return False
        scales = self.scales.view("<f4")
        with np.errstate(over="ignore"):
            return bool((scales.astype(np.float16) == scales).all())

    def floats(self, begin: int, end: int) -> NDArray[np.float32]:
        """Rows as floats; raises FormatError when one is infinite or missing."""
        first, last = begin * self.shape[1], end * self.shape[1]
        first_group, last_group = first // self.group, -(-last // self.group)
        scales = self.scales[4 * first_group : 4 * last_group].view("<f4")
        spread = np.repeat(scales, self.group)[first - first_group * self.group :]
        with np.errstate(over="ignore", invalid="ignore"):
            numbers = self.integers[first:last] * spread[: last - first]
        if not np.isfinite(numbers).all():
            raise FormatError(f"its {self.name} has infinite or missing numbers: get a fresh copy")
        rows = numbers.reshape(end - begin, -1)
        return half_split(rows, self.interleaved_heads) if self.interleaved_heads else rows

    def packed(self, begin: int, end: int) -> QuantizedTensor:
        """Rows in our layout."""
        columns = self.shape[1]
        integers = self.integers[begin * columns : end * columns].reshape(-1, columns)
        places = slice(4 * begin * columns // GROUP, 4 * end * columns // GROUP)
        scales = self.scales[places].view("<f4").reshape(-1, columns // GROUP).astype(np.float16)
        if not np.isfinite(scales).all():
            raise FormatError(f"its {self.name} has infinite or missing scales: get a fresh copy")
        if self.interleaved_heads:
            integers = half_split(integers, self.interleaved_heads)
            scales = half_split(scales, self.interleaved_heads)
        return pack(Unpacked(integers, scales, None))
