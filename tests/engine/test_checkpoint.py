"""The weights file: what is saved comes back as it was; what was tampered with is refused."""

from __future__ import annotations

import contextlib
import json
import os
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import checkpoint
from engine.checkpoint import CheckpointError
from engine.quantize import quantize
from tests.support.tiny_model import tiny_checkpoint, tiny_tokenizer, tiny_weights

FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module", params=[8, 4])
def bits(request: pytest.FixtureRequest) -> int:
    """All that holds of a file holds of one with 8-bit layers and of one with 4-bit layers."""
    return int(request.param)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory, bits: int) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    checkpoint.save(path, tiny_checkpoint(bits=bits))
    return path


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    path = tmp_path / "copy.safetensors"
    path.write_bytes(saved.read_bytes())
    return path


def header_of(path: Path) -> tuple[dict[str, Any], bytes]:
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def rewrite(path: Path, header: object, data: bytes) -> None:
    """A file with any header, padded as ours are; its checksum is wrong."""
    text = json.dumps(header).encode()
    text += b" " * (-(8 + len(text)) % 64)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def refusal(path: Path, *, verify: bool = True) -> str:
    with pytest.raises(CheckpointError) as caught:
        checkpoint.load(path, verify=verify)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_what_was_saved_comes_back(saved: Path, bits: int) -> None:
    made, loaded = tiny_checkpoint(bits=bits), checkpoint.load(saved)
    assert loaded.name == made.name
    assert loaded.config == made.config
    assert loaded.template == made.template
    assert loaded.tokenizer == made.tokenizer
    assert loaded.card == made.card
    assert list(loaded.matrices) == list(made.matrices)
    for name, matrix in made.matrices.items():
        assert loaded.matrices[name].bits == matrix.bits == (8 if name == "embedding" else bits)
        np.testing.assert_array_equal(loaded.matrices[name].packed, matrix.packed)
    for name, vector in made.vectors.items():
        np.testing.assert_array_equal(loaded.vectors[name], vector)


def test_it_is_mapped_where_the_kernels_can_use_it_and_nobody_can_change_it(saved: Path) -> None:
    loaded = checkpoint.load(saved)
    for tensor in loaded.matrices.values():
        assert tensor.packed.ctypes.data % 64 == 0
        assert not tensor.packed.flags.owndata
        with pytest.raises(ValueError, match="read-only"):
            tensor.packed[0] = 1


def test_other_programs_can_open_it(saved: Path) -> None:
    with safetensors.safe_open(saved, "np") as file:
        assert file.metadata()["format"] == "quicktype"
        config = tiny_checkpoint().config
        np.testing.assert_array_equal(file.get_tensor("norm"), np.ones(config.dim, np.float32))


def test_only_a_file_with_four_bit_matrices_needs_a_new_reader(saved: Path, bits: int) -> None:
    metadata = header_of(saved)[0]["__metadata__"]
    assert metadata["format_version"] == ("1" if bits == 8 else "2")
    assert ("bits" in metadata) == (bits == 4)


def test_exact_matrices_and_float_ones_go_into_one_checkpoint(tmp_path: Path) -> None:
    made = tiny_checkpoint()
    weights = tiny_weights(made.config)
    exact = quantize(weights["layers.1.down"], bits=4)
    mixed = checkpoint.quantized(
        "mixed", made.config, {**weights, "layers.1.down": exact}, made.tokenizer, {}, {}
    )
    path = tmp_path / "mixed.safetensors"
    checkpoint.save(path, mixed)
    loaded = checkpoint.load(path)
    assert {name for name, tensor in loaded.matrices.items() if tensor.bits == 4} == {
        "layers.1.down"
    }
    assert loaded.matrices["layers.1.down"].packed.tobytes() == exact.packed.tobytes()
    assert (
        loaded.matrices["layers.0.o"].packed.tobytes()
        == made.matrices["layers.0.o"].packed.tobytes()
    )


def test_a_name_from_float_weights_that_do_not_fit_is_refused() -> None:
    config = tiny_checkpoint().config
    weights = tiny_weights(config)
    del weights["layers.1.q"]
    with pytest.raises(CheckpointError, match=r"layers\.1\.q"):
        checkpoint.quantized("tiny", config, weights, tiny_tokenizer(), {}, {})
    weights["layers.1.q"] = np.full((64, 64), np.nan, np.float32)
    with pytest.raises(CheckpointError, match="missing numbers"):
        checkpoint.quantized("tiny", config, weights, tiny_tokenizer(), {}, {})


def test_a_checkpoint_whose_parts_disagree_is_not_saved(tmp_path: Path) -> None:
    made = tiny_checkpoint()
    path = tmp_path / "new.safetensors"
    with pytest.raises(CheckpointError, match="400 pieces and its configuration 416"):
        checkpoint.quantized(
            "tiny",
            replace(made.config, vocab=416),
            tiny_weights(replace(made.config, vocab=416)),
            made.tokenizer,
            made.template,
            {},
        )
    with pytest.raises(CheckpointError, match="other shapes"):
        checkpoint.save(path, replace(made, config=replace(made.config, layers=1)))
    assert not path.exists()


class TestRefusals:
    def test_missing(self, tmp_path: Path) -> None:
        assert "there is no weights file" in refusal(tmp_path / "nowhere.safetensors")

    def test_a_folder(self, tmp_path: Path) -> None:
        assert "is a folder" in refusal(tmp_path)

    def test_a_pipe_that_would_block(self, tmp_path: Path) -> None:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        assert "no regular file" in refusal(path)

    def test_unreadable(self, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
        assert "Permission denied" in refusal(copy)

    @pytest.mark.parametrize("size", [0, 1, 7])
    def test_hardly_anything(self, copy: Path, size: int) -> None:
        os.truncate(copy, size)
        assert "ends before its header" in refusal(copy)

    def test_truncated_in_the_header(self, copy: Path) -> None:
        os.truncate(copy, 100)
        assert "ends inside its header" in refusal(copy)

    @pytest.mark.parametrize("verify", [True, False])
    def test_truncated_in_the_weights(self, copy: Path, *, verify: bool) -> None:
        os.truncate(copy, copy.stat().st_size - 1)
        assert "ends early, 1 bytes are missing" in refusal(copy, verify=verify)

    def test_longer_than_it_says(self, copy: Path) -> None:
        with copy.open("ab") as file:
            file.write(b"more")
        assert "4 bytes too many" in refusal(copy)

    @pytest.mark.parametrize(
        "content",
        [b"Ana: are we still on for dinner?\n", b"GGUF\x03\0\0\0" + bytes(64), bytes(4096)],
        ids=["text", "GGUF", "zeros"],
    )
    def test_foreign(self, copy: Path, content: bytes) -> None:
        copy.write_bytes(content)
        assert "not a quicktype weights file" in refusal(copy)

    def test_another_program_s_tensors(self, copy: Path) -> None:
        rewrite(copy, {"__metadata__": {"format": "pt"}}, b"")
        assert "quicktype model import" in refusal(copy)

    def test_newer(self, copy: Path) -> None:
        header, data = header_of(copy)
        header["__metadata__"]["format_version"] = "3"
        rewrite(copy, header, data)
        message = refusal(copy)
        assert "newer quicktype" in message
        assert "update quicktype" in message

    def test_tampered_metadata(self, copy: Path) -> None:
        header, data = header_of(copy)
        header["__metadata__"]["name"] = "evil"
        rewrite(copy, header, data)
        assert "checksum is wrong" in refusal(copy)

    def test_no_checksum(self, copy: Path) -> None:
        header, data = header_of(copy)
        del header["__metadata__"]["sha256"]
        rewrite(copy, header, data)
        assert "no checksum" in refusal(copy)

    @pytest.mark.parametrize(
        ("field", "value", "why"),
        [
            ("name", "", "its name"),
            ("name", "two\nlines", "its name"),
            ("format_version", "one", "format version"),
            ("config", "[]", "config is no JSON object"),
            ("config", "{", "config is missing or no JSON"),
            ("config", "{}", "configuration lacks a field"),
            ("template", "[" * 100_000, "template is missing or no JSON"),
        ],
    )
    def test_metadata_that_make_no_sense(
        self, copy: Path, field: str, value: str, why: str
    ) -> None:
        header, data = header_of(copy)
        header["__metadata__"][field] = value
        rewrite(copy, header, data)
        assert why in refusal(copy, verify=False)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("dim", 0),
            ("dim", 33),
            ("dim", "64"),
            ("layers", 10**30),
            ("kv_heads", 3),
            ("tied", 1),
            ("norm_eps", float("nan")),
            ("rope_theta", 10**400),
            ("rope_theta", -1.0),
        ],
    )
    def test_configurations_that_make_no_sense(self, copy: Path, field: str, value: object) -> None:
        header, data = header_of(copy)
        config = json.loads(header["__metadata__"]["config"])
        header["__metadata__"]["config"] = json.dumps(config | {field: value})
        rewrite(copy, header, data)
        assert "configuration makes no sense" in refusal(copy, verify=False)

    @pytest.mark.parametrize(
        ("field", "value", "why"),
        [("hidden", 256, "another shape"), ("layers", 3, "missing"), ("vocab", 416, "embedding")],
    )
    def test_weights_that_do_not_fit_the_configuration(
        self, copy: Path, field: str, value: int, why: str
    ) -> None:
        header, data = header_of(copy)
        config = json.loads(header["__metadata__"]["config"])
        header["__metadata__"]["config"] = json.dumps(config | {field: value})
        rewrite(copy, header, data)
        assert why in refusal(copy, verify=False)

    @pytest.mark.parametrize(
        ("value", "why"),
        [
            (None, "bits is missing"),
            ("8", "bits is no JSON object"),
            ("{}", "the bits of its layers.0.qkv are not 8 or 4"),
            ({"embedding": 5}, "the bits of its embedding are not 8 or 4"),
            ({"embedding": True}, "the bits of its embedding are not 8 or 4"),
            ({"embedding": "8"}, "the bits of its embedding are not 8 or 4"),
            ({"embedding": 8.0}, "the bits of its embedding are not 8 or 4"),
            ({"embedding": 4}, "its embedding has another shape"),
            ({"layers.1.down": 8, "layers.1.o": 8}, "its layers.1.o has another shape"),
        ],
    )
    def test_bits_that_make_no_sense(self, tmp_path: Path, value: object, why: str) -> None:
        path = tmp_path / "four.safetensors"
        checkpoint.save(path, tiny_checkpoint(bits=4))
        header, data = header_of(path)
        metadata = header["__metadata__"]
        if isinstance(value, dict):
            metadata["bits"] = json.dumps(json.loads(metadata["bits"]) | value)
        else:
            metadata["bits"] = value
        rewrite(path, {**header, "__metadata__": {k: v for k, v in metadata.items() if v}}, data)
        assert why in refusal(path, verify=False)

    def test_four_bits_that_an_old_version_does_not_know(self, tmp_path: Path) -> None:
        path = tmp_path / "four.safetensors"
        checkpoint.save(path, tiny_checkpoint(bits=4))
        header, data = header_of(path)
        header["__metadata__"]["format_version"] = "1"
        rewrite(path, header, data)
        assert "another shape" in refusal(path, verify=False)

    def test_a_tokenizer_of_another_model(self, copy: Path) -> None:
        made = tiny_checkpoint()
        other = tiny_tokenizer(380)
        header, data = header_of(copy)
        begin, end = header["tokenizer"]["data_offsets"]
        assert len(other) < end - begin
        header["tokenizer"] |= {"shape": [len(other)], "data_offsets": [begin, begin + len(other)]}
        rewrite(copy, header, data[:begin] + other)
        assert f"380 pieces and its configuration {made.config.vocab}" in refusal(
            copy, verify=False
        )

    @pytest.mark.parametrize(
        "entry",
        [
            {"dtype": "U8", "shape": [1 << 40], "data_offsets": [0, 1 << 40]},
            {"dtype": "U8", "shape": [-1, -64], "data_offsets": [0, 64]},
            {"dtype": "U8", "shape": [64], "data_offsets": [64, 128]},
            {"dtype": "U8", "shape": [63], "data_offsets": [0, 64]},
            {"dtype": "U8", "shape": [], "data_offsets": [0, 1]},
            {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]},
            {"dtype": "F8", "shape": [64], "data_offsets": [0, 64]},
            {"dtype": "U8", "shape": "64", "data_offsets": [0, 64]},
            {"dtype": "U8", "shape": [True], "data_offsets": [0, 1]},
            {"dtype": "U8", "shape": [64], "data_offsets": [0]},
            {"dtype": ["U8"], "shape": [64], "data_offsets": [0, 64]},
            {"shape": [64]},
            "U8",
            None,
        ],
    )
    def test_tensors_that_lie_about_themselves(self, copy: Path, entry: object) -> None:
        header, data = header_of(copy)
        rewrite(copy, {"__metadata__": header["__metadata__"], "x": entry}, data[:64])
        refusal(copy, verify=False)

    @pytest.mark.parametrize("header", [[], "text", 7, {"__metadata__": 7}])
    def test_headers_of_another_kind(self, copy: Path, header: object) -> None:
        rewrite(copy, header, b"")
        assert "not a quicktype weights file" in refusal(copy)


class TestFuzz:
    @FUZZ
    @given(data=st.data())
    def test_no_byte_can_be_changed_unnoticed(self, saved: Path, data: st.DataObject) -> None:
        raw = bytearray(saved.read_bytes())
        header_end = 8 + struct.unpack("<Q", raw[:8])[0]
        place = data.draw(st.one_of(st.integers(0, header_end), st.integers(0, len(raw) - 1)))
        raw[place] ^= data.draw(st.integers(1, 255))
        path = saved.with_name("flipped.safetensors")
        path.write_bytes(raw)
        with pytest.raises(CheckpointError):
            checkpoint.load(path)

    @FUZZ
    @given(data=st.data())
    def test_no_part_of_a_file_is_taken_for_the_whole(
        self, saved: Path, data: st.DataObject
    ) -> None:
        raw = saved.read_bytes()
        path = saved.with_name("cut.safetensors")
        path.write_bytes(raw[: data.draw(st.integers(0, len(raw) - 1))])
        with pytest.raises(CheckpointError):
            checkpoint.load(path, verify=data.draw(st.booleans()))

    @FUZZ
    @given(data=st.data())
    def test_without_the_checksum_a_broken_file_loads_or_is_refused_but_never_fails_otherwise(
        self, saved: Path, data: st.DataObject
    ) -> None:
        raw = bytearray(saved.read_bytes())
        header_end = 8 + struct.unpack("<Q", raw[:8])[0]
        for _ in range(data.draw(st.integers(1, 8))):
            start = data.draw(st.sampled_from([0, 8, header_end, len(raw) - len(tiny_tokenizer())]))
            place = data.draw(st.integers(start, min(start + 4000, len(raw) - 1)))
            raw[place] = data.draw(st.integers(0, 255))
        path = saved.with_name("broken.safetensors")
        path.write_bytes(raw)
        with contextlib.suppress(CheckpointError):
            checkpoint.load(path, verify=False)

    @FUZZ
    @given(content=st.binary(max_size=300), length=st.integers(0, 400))
    def test_junk_is_refused(self, tmp_path: Path, content: bytes, length: int) -> None:
        path = tmp_path / "junk.safetensors"
        path.write_bytes(struct.pack("<Q", length) + content)
        with pytest.raises(CheckpointError):
            checkpoint.load(path)


class TestSaving:
    def test_a_full_disk_leaves_the_old_file_and_nothing_else(
        self, copy: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = copy.read_bytes()

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(CheckpointError, match="No space left on device"):
            checkpoint.save(copy, tiny_checkpoint(seed=2))
        assert copy.read_bytes() == before
        assert [path.name for path in copy.parent.iterdir()] == [copy.name]

    def test_a_folder_that_does_not_exist(self, tmp_path: Path) -> None:
        with pytest.raises(CheckpointError, match="cannot write"):
            checkpoint.save(tmp_path / "nowhere" / "tiny.safetensors", tiny_checkpoint())

    def test_a_model_in_use_lives_on_while_its_file_is_replaced(self, copy: Path) -> None:
        old = checkpoint.load(copy)
        first = old.matrices["embedding"].packed[:1000].copy()
        checkpoint.save(copy, tiny_checkpoint(seed=2))
        np.testing.assert_array_equal(old.matrices["embedding"].packed[:1000], first)
        new = checkpoint.load(copy).matrices["embedding"].packed[:1000]
        assert not np.array_equal(new, first)

    def test_the_same_checkpoint_makes_the_same_bytes(self, saved: Path, tmp_path: Path) -> None:
        again = tmp_path / "again.safetensors"
        checkpoint.save(again, checkpoint.load(saved))
        assert again.read_bytes() == saved.read_bytes()
