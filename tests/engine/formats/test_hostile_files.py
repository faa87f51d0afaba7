"""Whatever a file says: it is read, or refused with one line that says what to do."""

from __future__ import annotations

import functools
import os
import resource
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import formats
from engine.checkpoint import CheckpointError
from engine.formats import FormatError
from tests.support.foreign_models import (
    SMALL,
    byte_level_json,
    weights_of,
    write_folder,
    write_gguf,
    write_llama2c,
)
from tests.support.tiny_model import tiny_tokenizer

_TINY = replace(SMALL, dim=32, heads=2, kv_heads=1, hidden=32, layers=1)
_EXAMPLES = settings(max_examples=150)


@functools.cache
def _gguf(vocabulary: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.gguf")
        return write_gguf(path, _TINY, weights_of(_TINY), vocabulary=vocabulary).read_bytes()


@functools.cache
def _llama2c(version: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write_llama2c(Path(folder, "m.bin"), _TINY, weights_of(_TINY), version).read_bytes()


@functools.cache
def _safetensors() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        made = write_folder(Path(folder, "m"), _TINY, weights_of(_TINY))
        return (made / "model.safetensors").read_bytes()


@contextmanager
def _little_memory() -> Iterator[None]:
    """Room for a GiB more than there is now: whoever believes a petabyte gets a MemoryError."""
    statm = Path("/proc/self/statm")
    if not statm.exists():  # then only what is said is tested
        yield
        return
    size = int(statm.read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size + (1 << 30), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _read_all(path: Path, folder: Path) -> None:
    """Import a file; only the two errors for people may come of it, in one line."""
    told = ""
    with _little_memory():
        try:
            model = formats.read(path)
            target = folder / "o.safetensors"
            formats.save(target, model, name="m", template={}, card={}, context=16)
        except (FormatError, CheckpointError) as error:
            told = str(error)
    assert "\n" not in told
    assert len(told) < 1000


_SIZES = [
    0,
    1,
    31,
    0x7F,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0xFFFFFFFF,
    1 << 40,
    (1 << 63) - 1,
    (1 << 64) - 1,
]


@st.composite
def _damaged(draw: st.DrawFn, raw: Callable[[], bytes], dense: int) -> bytes:
    """Bytes with a few of them changed, most of those among the first `dense`, perhaps cut off."""
    data = bytearray(raw())
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, min(dense, len(data)) - 9) | st.integers(0, len(data) - 9))
        if draw(st.booleans()):
            width = draw(st.sampled_from([4, 8]))
            number = draw(st.sampled_from(_SIZES)) % (1 << 8 * width)
            data[place : place + width] = number.to_bytes(width, "little")
        else:
            data[place] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.just(len(data)) | st.integers(0, len(data)))])


class TestDamagedFiles:
    @_EXAMPLES
    @given(_damaged(lambda: _gguf("llama"), 1200))
    def test_gguf(self, data: bytes) -> None:
        _check_file("m.gguf", data)

    @_EXAMPLES
    @given(_damaged(lambda: _gguf("gpt2"), 1200))
    def test_gguf_with_byte_level_bpe(self, data: bytes) -> None:
        _check_file("m.gguf", data)

    @_EXAMPLES
    @given(_damaged(lambda: _llama2c(0), 64))
    def test_llama2c_floats(self, data: bytes) -> None:
        _check_file("m.bin", data)

    @_EXAMPLES
    @given(_damaged(lambda: _llama2c(2), 64))
    def test_llama2c_integers(self, data: bytes) -> None:
        _check_file("m.bin", data)

    @_EXAMPLES
    @given(_damaged(_safetensors, 1500))
    def test_safetensors(self, data: bytes) -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = write_folder(Path(place, "m"), _TINY, weights_of(_TINY))
            (folder / "model.safetensors").write_bytes(data)
            _read_all(folder, Path(place))

    @_EXAMPLES
    @given(_damaged(lambda: byte_level_json().encode(), 4000))
    def test_tokenizer_json(self, data: bytes) -> None:
        with tempfile.TemporaryDirectory() as place:
            folder = write_folder(
                Path(place, "m"), _TINY, weights_of(_TINY), tokenizer="tokenizer.json"
            )
            (folder / "tokenizer.json").write_bytes(data)
            _read_all(folder, Path(place))


def _check_file(name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / name).write_bytes(data)
        (folder / "tokenizer.model").write_bytes(tiny_tokenizer())
        _read_all(folder / name, folder)


def _tokenizer(folder: Path) -> Path:
    (folder / "tokenizer.model").write_bytes(tiny_tokenizer())
    return folder / "tokenizer.model"


class TestOddPlaces:
    def test_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError, match="no file"):
            formats.read(tmp_path / "m.gguf")

    @pytest.mark.parametrize("data", [b"", b"GGUF", b"GGUF\x03\0\0\0", b"\0" * 300, b"hello " * 99])
    def test_stubs(self, tmp_path: Path, data: bytes) -> None:
        path = tmp_path / "m.gguf"
        path.write_bytes(data)
        with pytest.raises(FormatError, match=str(path)):
            formats.read(path)

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "m.gguf")
        with pytest.raises(FormatError, match="no regular file"):
            formats.read(tmp_path / "m.gguf")

    def test_a_device(self) -> None:
        with pytest.raises(FormatError, match="no regular file"):
            formats.read("/dev/zero")

    def test_links_that_go_round(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to(tmp_path / "b")
        (tmp_path / "b").symlink_to(tmp_path / "a")
        with pytest.raises(FormatError, match="cannot read"):
            formats.read(tmp_path / "a")

    def test_a_folder_as_a_tokenizer(self, tmp_path: Path) -> None:
        path = write_llama2c(tmp_path / "m.bin", _TINY, weights_of(_TINY))
        with pytest.raises(FormatError, match="no regular file"):
            formats.read(path, tmp_path)


class TestLies:
    """What was found by damaging files, and what somebody may think of."""

    def test_petabytes_of_tensors(self, tmp_path: Path) -> None:
        data = bytearray(_gguf("llama"))
        place = data.index(b"token_embd.weight") + len(b"token_embd.weight") + 4
        data[place : place + 16] = struct.pack("<QQ", 1 << 30, 1 << 30)
        self._refused(tmp_path / "m.gguf", bytes(data), "ends before")

    @pytest.mark.parametrize("place", [8, 16])
    def test_endless_entries(self, tmp_path: Path, place: int) -> None:
        data = bytearray(_gguf("llama"))
        data[place : place + 8] = struct.pack("<Q", 1 << 60)
        self._refused(tmp_path / "m.gguf", bytes(data), "too many entries")

    def test_a_list_without_end(self, tmp_path: Path) -> None:
        data = bytearray(_gguf("llama"))
        place = data.index(b"tokenizer.ggml.tokens") + len(b"tokenizer.ggml.tokens") + 8
        data[place : place + 8] = struct.pack("<Q", 1 << 50)
        self._refused(tmp_path / "m.gguf", bytes(data), "list that no model has")

    def test_lists_in_lists(self, tmp_path: Path) -> None:
        head = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"a"
        self._refused(tmp_path / "m.gguf", head + struct.pack("<II", 9, 9) * 10_000, "list")

    def test_a_header_of_exabytes(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "m", _TINY, weights_of(_TINY))
        data = _safetensors()
        (folder / "model.safetensors").write_bytes(b"\xff" * 7 + b"\x7f" + data[8:])
        with _little_memory(), pytest.raises(FormatError, match="no safetensors file"):
            formats.read(folder)

    def test_json_without_bottom(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "m", _TINY, weights_of(_TINY), tokenizer="tokenizer.json")
        (folder / "tokenizer.json").write_text('{"model":' * 100_000)
        with pytest.raises(FormatError, match=r"tokenizer\.json"):
            formats.read(folder)
        (folder / "config.json").write_text('{"a":' * 100_000)
        with pytest.raises(FormatError, match=r"config\.json is no JSON"):
            formats.read(folder)

    def test_numbers_that_are_none(self, tmp_path: Path) -> None:
        weights = weights_of(_TINY)
        weights["layers.0.down"][3, 5] = float("nan")
        path = write_gguf(tmp_path / "m.gguf", _TINY, weights)
        with pytest.raises(FormatError, match="infinite or missing"):
            formats.save(
                tmp_path / "o", formats.read(path), name="m", template={}, card={}, context=16
            )
        assert not (tmp_path / "o").exists()

    def test_millions_of_layers(self, tmp_path: Path) -> None:
        """Found by damaging files: the names of their weights filled the memory."""
        data = bytearray(_gguf("llama"))
        place = data.index(b"llama.block_count") + len(b"llama.block_count") + 4
        data[place : place + 4] = struct.pack("<I", 1 << 24)
        self._refused(tmp_path / "m.gguf", bytes(data), "at most 1,024 layers")

    def test_errors_that_quote_the_file(self, tmp_path: Path) -> None:
        """Found by damaging files: the message had line breaks in it."""
        folder = write_folder(tmp_path / "m", _TINY, weights_of(_TINY))
        data = tiny_tokenizer().replace(b"<0x41>", b"<\n\r41>")
        (folder / "tokenizer.model").write_bytes(data)
        with pytest.raises(FormatError) as refused:
            formats.read(folder)
        assert "\n" not in str(refused.value)

    def test_scales_beyond_all_numbers(self, tmp_path: Path) -> None:
        """Found by damaging files: NumPy warned of it on the way."""
        data = bytearray(_llama2c(2))
        data[-4:] = struct.pack("<f", 3e38)
        (tmp_path / "m.bin").write_bytes(data)
        model = formats.read(tmp_path / "m.bin", _tokenizer(tmp_path))
        with pytest.raises(FormatError, match="infinite or missing"):
            formats.save(tmp_path / "o", model, name="m", template={}, card={}, context=16)

    def _refused(self, path: Path, data: bytes, complaint: str) -> None:
        path.write_bytes(data)
        with _little_memory(), pytest.raises(FormatError, match=complaint):
            formats.read(path)
