from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest
from tokenizers import Tokenizer

from engine import formats
from engine.checkpoint import Checkpoint, load
from engine.config import ModelConfig
from engine.formats import FormatError
from engine.formats.gguf.metadata import ALIGNMENT
from engine.quantize import dequantize
from engine.tokenizer import read_tokenizer
from tests.support.engine_models import checkpoint_of
from tests.support.foreign_models import SMALL, byte_level_json, floats_of, weights_of, write_gguf
from tests.support.tiny_model import tiny_checkpoint, tiny_tokenizer

Kind = gguf.GGMLQuantizationType
UNTIED = replace(SMALL, tied=False, kv_heads=4)


class TestReadingWhatLlamaCppsLibraryWrote:
    @pytest.mark.parametrize("config", [SMALL, UNTIED], ids=["tied", "untied"])
    def test_floats_come_back_as_they_were(self, tmp_path: Path, config: ModelConfig) -> None:
        weights = weights_of(config)
        model = formats.read(write_gguf(tmp_path / "m.gguf", config, weights))
        assert model.config == replace(config, norm_eps=model.config.norm_eps)
        assert model.config.norm_eps == pytest.approx(config.norm_eps)
        assert model.tensors.keys() == weights.keys()
        for name, matrix in weights.items():
            assert np.array_equal(floats_of(model, name), matrix), name

    @pytest.mark.parametrize("kind", [Kind.F16, Kind.BF16, Kind.Q8_0, Kind.Q4_0, Kind.Q4_1])
    def test_other_types_say_what_the_library_says(self, tmp_path: Path, kind: Kind) -> None:
        weights = weights_of(SMALL)
        path = write_gguf(tmp_path / "m.gguf", SMALL, weights, kind)
        model = formats.read(path)
        assert model.kinds() == {kind.name: sum(w.size for w in weights.values() if w.ndim == 2)}
        tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
        for ours, theirs in {"embedding": "token_embd", "layers.1.down": "blk.1.ffn_down"}.items():
            tensor = tensors[theirs + ".weight"]
            expected = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            assert np.array_equal(floats_of(model, ours), expected)

    def test_six_bits_of_llama_cpps_own_mixtures(self, tmp_path: Path) -> None:
        config = replace(SMALL, dim=256, heads=16)
        rng = np.random.default_rng(3)
        blocks = rng.integers(0, 256, (config.vocab, 210), np.uint8)
        blocks[:, 208:] = np.float16(0.01).tobytes()[0], np.float16(0.01).tobytes()[1]
        path = write_gguf(tmp_path / "m.gguf", config, weights_of(config))
        _replace_tensor(path, "token_embd.weight", blocks, Kind.Q6_K)
        expected = gguf.quants.dequantize(blocks, Kind.Q6_K)
        assert np.array_equal(floats_of(formats.read(path), "embedding"), expected)

    @pytest.mark.parametrize("kind", [Kind.Q8_0, Kind.Q4_1, Kind.Q4_0])
    def test_quantised_weights_are_kept_bit_for_bit(self, tmp_path: Path, kind: Kind) -> None:
        path = write_gguf(tmp_path / "m.gguf", UNTIED, weights_of(UNTIED), kind)
        model = formats.read(path)
        saved = _saved(model, tmp_path)
        assert {tensor.bits for tensor in saved.matrices.values()} == {
            8 if kind == Kind.Q8_0 else 4
        }
        for name in ("embedding", "classifier", "layers.0.o", "layers.1.down"):
            assert np.array_equal(dequantize(saved.matrices[name]), floats_of(model, name)), name
        query = dequantize(saved.matrices["layers.1.qkv"])[: SMALL.dim]
        assert np.array_equal(query, floats_of(model, "layers.1.q"))

    def test_its_sentence_pieces_cut_texts_alike(self, tmp_path: Path) -> None:
        model = formats.read(write_gguf(tmp_path / "m.gguf", SMALL, weights_of(SMALL)))
        ours, theirs = read_tokenizer(model.tokenizer), read_tokenizer(tiny_tokenizer())
        for text in ("how about seven?", "<me> \u00fc\u6f22  two", ""):
            assert ours.encode(text) == theirs.encode(text)
        assert ours.marker("<eom>") == theirs.marker("<eom>")
        assert (ours.begin, ours.end) == (1, 2)

    def test_its_byte_level_vocabulary_cuts_texts_alike(self, tmp_path: Path) -> None:
        path = write_gguf(tmp_path / "m.gguf", SMALL, weights_of(SMALL), vocabulary="gpt2")
        ours, theirs = (
            read_tokenizer(formats.read(path).tokenizer),
            Tokenizer.from_str(byte_level_json()),
        )
        for text in ("how about 7 o'clock?", "\u00fc\u6f22  two", ""):
            assert ours.encode(text) == theirs.encode(text).ids
        assert ours.end == theirs.token_to_id("<|im_end|>")
        assert ours.begin is None

    def test_what_it_says_about_itself(self, tmp_path: Path) -> None:
        more = {
            "general.name": "Tiny",
            "general.license": "apache-2.0",
            "tokenizer.chat_template": "{{ messages }}",
        }
        model = formats.read(write_gguf(tmp_path / "m.gguf", SMALL, weights_of(SMALL), more=more))
        assert (model.name, model.facts, model.chat_template) == (
            "Tiny", {"license": "apache-2.0"}, "{{ messages }}",
        )  # fmt: skip

    def test_version_2_is_read_too(self, tmp_path: Path) -> None:
        path = write_gguf(tmp_path / "m.gguf", SMALL, weights_of(SMALL))
        path.write_bytes(path.read_bytes().replace(b"GGUF\x03", b"GGUF\x02", 1))
        assert formats.read(path).config.dim == SMALL.dim


class TestWriting:
    @pytest.mark.parametrize("kind", formats.GGUF_KINDS)
    def test_the_library_reads_what_we_mean(self, tmp_path: Path, kind: str) -> None:
        made = checkpoint_of(UNTIED, weights_of(UNTIED))
        formats.write_gguf(tmp_path / "m.gguf", made, kind)
        reader = gguf.GGUFReader(tmp_path / "m.gguf")
        tensors = {tensor.name: tensor for tensor in reader.tensors}
        down = tensors["blk.1.ffn_down.weight"]
        ours = dequantize(made.matrices["layers.1.down"])
        assert down.tensor_type == getattr(Kind, kind.upper())
        assert np.array_equal(down.data, gguf.quants.quantize(ours, down.tensor_type))
        assert all(tensor.data_offset % ALIGNMENT == 0 for tensor in reader.tensors)
        assert reader.fields["llama.embedding_length"].contents() == UNTIED.dim
        assert len(reader.fields["tokenizer.ggml.tokens"].contents()) == UNTIED.vocab

    def test_our_int8_weights_are_in_it_bit_for_bit(self, tmp_path: Path) -> None:
        made = tiny_checkpoint()
        formats.write_gguf(tmp_path / "m.gguf", made)
        back = _saved(formats.read(tmp_path / "m.gguf"), tmp_path)
        for name, tensor in made.matrices.items():
            assert np.array_equal(back.matrices[name].packed, tensor.packed), name
        for name, vector in made.vectors.items():
            assert np.array_equal(back.vectors[name], vector), name

    def test_our_four_bits_are_in_it_bit_for_bit(self, tmp_path: Path) -> None:
        formats.write_gguf(tmp_path / "8.gguf", tiny_checkpoint())
        four = _saved(formats.read(tmp_path / "8.gguf"), tmp_path, bits=4)
        formats.write_gguf(tmp_path / "4.gguf", four, "q4_1")
        model = formats.read(tmp_path / "4.gguf")
        assert model.kinds().keys() == {"Q4_1", "Q8_0"}
        back = _saved(model, tmp_path)
        for name, tensor in four.matrices.items():
            assert back.matrices[name].bits == tensor.bits
            assert np.array_equal(back.matrices[name].packed, tensor.packed), name

    def test_template_and_chat_template_travel_along(self, tmp_path: Path) -> None:
        made = replace(tiny_checkpoint(), card={"chat_template": "{{ x }}"})
        formats.write_gguf(tmp_path / "m.gguf", made)
        back = formats.read(tmp_path / "m.gguf")
        assert back.template == made.template
        assert back.chat_template == "{{ x }}"

    def test_the_end_of_a_message_ends_generation_there(self, tmp_path: Path) -> None:
        made = tiny_checkpoint()
        formats.write_gguf(tmp_path / "m.gguf", made)
        field = gguf.GGUFReader(tmp_path / "m.gguf").fields["tokenizer.ggml.eot_token_id"]
        assert field.contents() == read_tokenizer(made.tokenizer).marker("<eom>")

    @pytest.mark.parametrize("vocabulary", ["llama", "gpt2"])
    def test_tokenizers_come_back_as_they_were(self, tmp_path: Path, vocabulary: str) -> None:
        source = write_gguf(tmp_path / "m.gguf", SMALL, weights_of(SMALL), vocabulary=vocabulary)
        made = _saved(formats.read(source), tmp_path)
        formats.write_gguf(tmp_path / "again.gguf", made)
        assert formats.read(tmp_path / "again.gguf").tokenizer == made.tokenizer

    def test_random_weights_need_no_tokenizer(self, tmp_path: Path) -> None:
        formats.write_gguf(tmp_path / "m.gguf", checkpoint_of(SMALL, weights_of(SMALL)))
        assert formats.read(tmp_path / "m.gguf").config.vocab == SMALL.vocab

    def test_a_full_disk_leaves_nothing_behind(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("engine.formats.output.os.fsync", full)
        with pytest.raises(FormatError, match="No space left"):
            formats.write_gguf(tmp_path / "m.gguf", tiny_checkpoint())
        assert not list(tmp_path.iterdir())

    def test_an_unknown_kind(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="q2_k"):
            formats.write_gguf(tmp_path / "m.gguf", tiny_checkpoint(), "q2_k")


class TestRefusing:
    @pytest.mark.parametrize(
        ("more", "complaint"),
        [
            ({"llama.expert_count": 8}, "mixture of experts"),
            ({"split.count": 3}, "part of a model"),
            ({"llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 4.0}, "stretches"),
            ({"general.alignment": 7}, "alignment"),
        ],
    )
    def test_what_the_engine_does_not_run(
        self, tmp_path: Path, more: dict[str, object], complaint: str
    ) -> None:
        path = write_gguf(tmp_path / "m.gguf", SMALL, weights_of(SMALL), more=more)
        with pytest.raises(FormatError, match=complaint):
            formats.read(path)

    def test_another_architecture_by_its_name(self, tmp_path: Path) -> None:
        writer = gguf.GGUFWriter(tmp_path / "m.gguf", "gemma2")
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        with pytest.raises(FormatError, match="gemma2"):
            formats.read(tmp_path / "m.gguf")

    def test_a_type_that_is_not_read_by_its_name(self, tmp_path: Path) -> None:
        path = write_gguf(tmp_path / "m.gguf", SMALL, weights_of(SMALL))
        blocks = np.zeros((SMALL.vocab, SMALL.dim // 32 * 22), np.uint8)
        _replace_tensor(path, "token_embd.weight", blocks, Kind.Q5_0)
        with pytest.raises(FormatError, match="Q5_0"):
            formats.read(path)

    def test_rules_for_cutting_text_that_are_not_known(self, tmp_path: Path) -> None:
        path = write_gguf(tmp_path / "m.gguf", SMALL, weights_of(SMALL), vocabulary="gpt2")
        path.write_bytes(path.read_bytes().replace(b"smollm", b"tekken", 1))
        with pytest.raises(FormatError, match="tekken"):
            formats.read(path)

    def test_biases_and_other_strangers(self, tmp_path: Path) -> None:
        weights = weights_of(SMALL)
        path = write_gguf(tmp_path / "m.gguf", SMALL, weights)
        _add_tensor(path, "blk.0.attn_q.bias", np.zeros(SMALL.dim, np.float32))
        with pytest.raises(FormatError, match=r"blk\.0\.attn_q\.bias"):
            formats.read(path)


def _saved(model: formats.ForeignModel, folder: Path, bits: int | None = None) -> Checkpoint:
    path = folder / "saved.safetensors"
    formats.save(
        path, model, name="m", template={}, card={}, context=model.config.context, bits=bits
    )
    return load(path)


def _copied(path: Path) -> tuple[gguf.GGUFReader, gguf.GGUFWriter]:
    """A reader of the file, and a writer that has all of its values."""
    reader = gguf.GGUFReader(path.rename(path.with_suffix(".old")))
    writer = gguf.GGUFWriter(path, "llama")
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key == "general.architecture":
            continue
        kind, *inner = field.types
        writer.add_key_value(key, field.contents(), kind, inner[0] if inner else None)
    return reader, writer


def _replace_tensor(path: Path, name: str, data: np.ndarray, kind: Kind) -> None:
    reader, writer = _copied(path)
    for tensor in reader.tensors:
        new = tensor.name == name
        writer.add_tensor(
            tensor.name,
            data if new else np.array(tensor.data),
            raw_dtype=kind if new else tensor.tensor_type,
        )
    _write_all(writer)


def _add_tensor(path: Path, name: str, data: np.ndarray) -> None:
    reader, writer = _copied(path)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, np.array(tensor.data), raw_dtype=tensor.tensor_type)
    writer.add_tensor(name, data)
    _write_all(writer)


def _write_all(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
