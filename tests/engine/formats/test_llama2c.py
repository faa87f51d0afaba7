from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import formats, packing
from engine.checkpoint import Checkpoint, load
from engine.config import ModelConfig
from engine.formats import FormatError
from engine.quantize import dequantize
from engine.tokenizer import read_tokenizer
from tests.support.engine_models import checkpoint_of
from tests.support.foreign_models import (
    SMALL,
    floats_of,
    paired,
    weights_of,
    write_llama2c,
    write_tokenizer_bin,
)
from tests.support.tiny_model import tiny_checkpoint, tiny_tokenizer

UNTIED = replace(SMALL, tied=False)


@pytest.mark.parametrize("config", [SMALL, UNTIED], ids=["shared classifier", "its own"])
class TestReading:
    @pytest.mark.parametrize("version", [0, 1])
    def test_floats_come_back_as_they_were(
        self, tmp_path: Path, config: ModelConfig, version: int
    ) -> None:
        weights = weights_of(config)
        model = formats.read(write_llama2c(tmp_path / "m.bin", config, weights, version))
        assert model.config == config
        for name, matrix in weights.items():
            assert np.array_equal(floats_of(model, name), matrix), name

    @pytest.mark.parametrize("group", [32, 64, 16, 128])
    def test_integers_in_groups_of_any_size(
        self, tmp_path: Path, config: ModelConfig, group: int
    ) -> None:
        """A group of 128 reaches over two rows of 64."""
        weights = weights_of(config)
        model = formats.read(write_llama2c(tmp_path / "m.bin", config, weights, 2, group))
        for name, original in weights.items():
            found, matrix = floats_of(model, name), original
            if matrix.ndim == 1:
                assert np.array_equal(found, matrix)
                continue
            if name.endswith((".q", ".k")):  # the groups are of the file's rows
                found, matrix = (paired(rows, config.head_dim) for rows in (found, matrix))
            groups = np.abs(matrix).reshape(-1, group).max(axis=1)
            steps = np.repeat(groups / 127, group).reshape(matrix.shape)
            assert (np.abs(found - matrix) <= 0.5001 * steps).all(), name

    def test_what_we_wrote_comes_back_bit_for_bit(
        self, tmp_path: Path, config: ModelConfig
    ) -> None:
        made = replace(checkpoint_of(config, weights_of(config)), tokenizer=tiny_tokenizer())
        formats.write_llama2c(tmp_path / "m.bin", made, 2)
        model = formats.read(tmp_path / "m.bin")
        kept = formats.save(
            tmp_path / "m.safetensors", model, name="m", template={}, card={}, context=64
        )
        assert kept.rounded == 0
        back = load(tmp_path / "m.safetensors")
        assert back.config == replace(config, context=64)
        for name, tensor in made.matrices.items():
            assert np.array_equal(back.matrices[name].packed, tensor.packed), name


class TestWriting:
    """Held against files that the tests put together from the published layout."""

    @pytest.mark.parametrize("config", [SMALL, UNTIED], ids=["shared classifier", "its own"])
    @pytest.mark.parametrize("version", [0, 2])
    def test_every_byte_is_where_llama2c_expects_it(
        self, tmp_path: Path, config: ModelConfig, version: int
    ) -> None:
        made = replace(checkpoint_of(config, weights_of(config)), tokenizer=tiny_tokenizer())
        formats.write_llama2c(tmp_path / "ours.bin", made, version)
        ours_tokenizer = (tmp_path / "tokenizer.bin").read_bytes()
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        write_llama2c(theirs / "m.bin", config, _rounded(made), version)
        ours, expected = (tmp_path / "ours.bin").read_bytes(), (theirs / "m.bin").read_bytes()
        if version == 0:
            assert ours == expected
        else:
            assert len(ours) == len(expected)
            assert _close(ours, expected)
        assert ours_tokenizer == (theirs / "tokenizer.bin").read_bytes()

    def test_another_models_tokenizer_is_not_replaced(self, tmp_path: Path) -> None:
        (tmp_path / "tokenizer.bin").write_bytes(b"something else")
        with pytest.raises(FormatError, match="another folder"):
            formats.write_llama2c(tmp_path / "m.bin", tiny_checkpoint())
        assert not (tmp_path / "m.bin").exists()

    def test_what_run_c_takes_for_granted_is_said(self) -> None:
        odd = replace(SMALL, rope_theta=100_000.0, norm_eps=1e-6)
        told = " ".join(formats.caveats(checkpoint_of(odd, weights_of(odd))))
        assert "100000" in told
        assert "1e-06" in told
        assert not formats.caveats(checkpoint_of(SMALL, weights_of(SMALL)))
        assert "first byte" in " ".join(formats.caveats(tiny_checkpoint()))

    def test_a_base_of_its_own_is_read_back_from_the_tables(self, tmp_path: Path) -> None:
        odd = replace(SMALL, rope_theta=100_000.0)
        made = replace(checkpoint_of(odd, weights_of(odd)), tokenizer=tiny_tokenizer())
        formats.write_llama2c(tmp_path / "m.bin", made)
        assert formats.read(tmp_path / "m.bin").config == odd

    def test_heads_that_are_not_as_wide_as_the_model(self, tmp_path: Path) -> None:
        wide = replace(SMALL, head_dim=32)
        with pytest.raises(FormatError, match="heads"):
            formats.write_llama2c(tmp_path / "m.bin", checkpoint_of(wide, weights_of(wide)))


class TestTokenizers:
    def test_tokenizer_bin_is_the_sentence_piece_model_again(self, tmp_path: Path) -> None:
        model = formats.read(write_llama2c(tmp_path / "m.bin", SMALL, weights_of(SMALL)))
        ours, theirs = read_tokenizer(model.tokenizer), read_tokenizer(tiny_tokenizer())
        for text in ("how about seven?", "<me> \u00fc\u6f22  two", "", "<s>"):
            assert ours.encode(text) == theirs.encode(text)
        assert ours.pieces == theirs.pieces
        assert ours.markers == theirs.markers

    @pytest.mark.parametrize("name", ["other.bin", "other.model"])
    def test_it_may_be_named(self, tmp_path: Path, name: str) -> None:
        path = write_llama2c(tmp_path / "m.bin", SMALL, weights_of(SMALL))
        (tmp_path / "tokenizer.bin").unlink()
        other = tmp_path / name
        if name == "other.bin":
            write_tokenizer_bin(other)
        else:
            other.write_bytes(tiny_tokenizer())
        assert read_tokenizer(formats.read(path, other).tokenizer).vocab == SMALL.vocab

    def test_without_one_it_says_how_to_name_it(self, tmp_path: Path) -> None:
        path = write_llama2c(tmp_path / "m.bin", SMALL, weights_of(SMALL))
        (tmp_path / "tokenizer.bin").unlink()
        with pytest.raises(FormatError, match="--tokenizer"):
            formats.read(path)

    def test_one_of_another_model_is_refused(self, tmp_path: Path) -> None:
        path = write_llama2c(tmp_path / "m.bin", SMALL, weights_of(SMALL))
        (tmp_path / "tokenizer.model").write_bytes(tiny_tokenizer(380))
        with pytest.raises(FormatError, match="belongs to another model"):
            formats.read(path, tmp_path / "tokenizer.model")


class TestShapes:
    def test_hidden_units_are_filled_up_with_zeros(self, tmp_path: Path) -> None:
        """As many as the kernels want: what they add to the result is silu(0) * 0."""
        config = replace(SMALL, hidden=85)
        weights = weights_of(config)
        model = formats.read(write_llama2c(tmp_path / "m.bin", config, weights))
        assert model.config.hidden == 96
        formats.save(tmp_path / "m.safetensors", model, name="m", template={}, card={}, context=64)
        matrices = load(tmp_path / "m.safetensors").matrices
        down = dequantize(matrices["layers.1.down"])
        assert not down[:, 85:].any()
        assert np.allclose(down[:, :85], weights["layers.1.down"], atol=0.01)
        blocks = dequantize(matrices["layers.1.gate_up"]).reshape(-1, 2, 16, config.dim)
        for number, part in enumerate(("gate", "up")):
            rows = blocks[:, number].reshape(-1, config.dim)
            assert not rows[85:].any()
            assert np.allclose(rows[:85], weights[f"layers.1.{part}"], atol=0.01)

    @pytest.mark.parametrize(
        ("sizes", "complaint"),
        [
            ((64, 96, 2, 4, 2, 0, 128), "no model"),
            ((64, 96, 2, 3, 2, 400, 128), "no model"),
            ((64, 96, -2, 4, 2, 400, 128), "no model"),
            ((1 << 23, 1 << 23, 1 << 23, 1 << 16, 1, 1 << 23, 1 << 23), "ends early"),
            ((64, 96, 1 << 20, 4, 2, 400, 128), "ends early"),
            ((64, 96, 3, 4, 2, 400, 128), "bytes are missing"),
            ((64, 96, 1, 4, 2, 400, 128), "too many"),
        ],
    )
    def test_sizes_that_lie(self, tmp_path: Path, sizes: tuple[int, ...], complaint: str) -> None:
        path = write_llama2c(tmp_path / "m.bin", SMALL, weights_of(SMALL))
        path.write_bytes(struct.pack("<7i", *sizes) + path.read_bytes()[28:])
        with pytest.raises(FormatError, match=complaint):
            formats.read(path)


def _rounded(made: Checkpoint) -> dict[str, np.ndarray]:
    """The weights that a checkpoint stands for, under their trained names."""
    fused = {name: dequantize(tensor) for name, tensor in made.matrices.items()}
    return packing.split(made.config, fused) | dict(made.vectors)


def _close(ours: bytes, expected: bytes) -> bool:
    """Whether two files of version 2 differ by nothing but the last bit of scales."""
    left, right = (np.frombuffer(data[256:], np.uint8) for data in (ours, expected))
    different = np.flatnonzero(left != right)
    return len(different) < len(left) / 50
