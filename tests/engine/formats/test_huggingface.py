from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

from engine import formats
from engine.checkpoint import save
from engine.formats import FormatError
from engine.formats.tokenizer_json import read_tokenizer_json
from engine.tokenizer import read_tokenizer
from tests.support.foreign_models import SMALL, byte_level_json, floats_of, weights_of, write_folder
from tests.support.tiny_model import tiny_checkpoint, tiny_tokenizer

UNTIED = replace(SMALL, tied=False)


class TestFolders:
    @pytest.mark.parametrize("shards", [1, 3])
    def test_floats_come_back_as_they_were(self, tmp_path: Path, shards: int) -> None:
        weights = weights_of(UNTIED)
        model = formats.read(write_folder(tmp_path / "m", UNTIED, weights, shards=shards))
        assert model.config == UNTIED
        assert model.name == "m"
        for name, matrix in weights.items():
            assert np.array_equal(floats_of(model, name), matrix), name

    def test_half_precision(self, tmp_path: Path) -> None:
        weights = weights_of(SMALL)
        model = formats.read(write_folder(tmp_path / "m", SMALL, weights, dtype=np.float16))
        assert model.kinds().keys() == {"F16"}
        expected = weights["layers.0.q"].astype(np.float16).astype(np.float32)
        assert np.array_equal(floats_of(model, "layers.0.q"), expected)

    def test_brain_floats(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "m", SMALL, weights_of(SMALL))
        tensors = {
            "model.embed_tokens.weight": torch.from_numpy(weights_of(SMALL)["embedding"]),
        }
        _rewrite(folder, {name: tensor.bfloat16() for name, tensor in tensors.items()})
        found = floats_of(formats.read(folder), "embedding")
        expected = tensors["model.embed_tokens.weight"].bfloat16().float().numpy()
        assert np.array_equal(found, expected)

    def test_its_safetensors_file_will_do(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "m", SMALL, weights_of(SMALL))
        assert formats.read(folder / "model.safetensors").config == SMALL

    def test_newer_files_say_the_base_of_rope_elsewhere(self, tmp_path: Path) -> None:
        rope = {"rope_type": "default", "rope_theta": 500_000.0}
        folder = write_folder(tmp_path / "m", SMALL, weights_of(SMALL), rope_parameters=rope)
        assert formats.read(folder).config.rope_theta == 500_000.0

    def test_chat_templates_lie_in_either_of_two_places(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "m", SMALL, weights_of(SMALL))
        assert formats.read(folder).chat_template is None
        settings = folder / "tokenizer_config.json"
        settings.write_text(json.dumps({"chat_template": "{{ a }}"}))
        assert formats.read(folder).chat_template == "{{ a }}"
        named = [{"name": "tools", "template": "x"}, {"name": "default", "template": "{{ b }}"}]
        settings.write_text(json.dumps({"chat_template": named}))
        assert formats.read(folder).chat_template == "{{ b }}"
        (folder / "chat_template.jinja").write_text("{{ c }}")
        assert formats.read(folder).chat_template == "{{ c }}"

    def test_embeddings_without_a_token_get_names(self, tmp_path: Path) -> None:
        wide = replace(SMALL, vocab=SMALL.vocab + 16)
        for tokenizer in ("tokenizer.model", "tokenizer.json"):
            folder = write_folder(tmp_path / tokenizer, wide, weights_of(wide), tokenizer=tokenizer)
            made = read_tokenizer(formats.read(folder).tokenizer)
            assert made.vocab == wide.vocab
            assert set(made.pieces[-16:]) == {b""}

    @pytest.mark.parametrize(
        ("more", "complaint"),
        [
            ({"model_type": "gemma"}, "gemma"),
            ({"attention_bias": True}, "attention_bias"),
            ({"mlp_bias": True}, "mlp_bias"),
            ({"hidden_act": "gelu"}, "gelu"),
            ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "linear"),
            ({"rope_scaling": {"rope_type": "llama3"}}, "llama3"),
            ({"rope_scaling": [1]}, "unknown"),
            ({"hidden_size": "64"}, "hidden_size"),
            ({"num_hidden_layers": 10**9}, "num_hidden_layers"),
            ({"num_hidden_layers": 3}, "lacks the tensor"),
            ({"intermediate_size": 64}, "in the shape"),
            ({"rms_norm_eps": float("inf")}, "rms_norm_eps"),
            ({"vocab_size": 10**6}, "in the shape"),
        ],
    )
    def test_what_the_engine_does_not_run(
        self, tmp_path: Path, more: dict[str, Any], complaint: str
    ) -> None:
        folder = write_folder(tmp_path / "m", SMALL, weights_of(SMALL), **more)
        with pytest.raises(FormatError, match=complaint):
            formats.read(folder)

    def test_tensors_that_do_not_belong_there(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "m", SMALL, weights_of(SMALL))
        _rewrite(folder, {"model.layers.0.self_attn.q_proj.bias": torch.zeros(64)})
        with pytest.raises(FormatError, match=r"q_proj\.bias"):
            formats.read(folder)

    def test_another_type_of_numbers_by_its_name(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "m", SMALL, weights_of(SMALL))
        _rewrite(folder, {"model.norm.weight": torch.zeros(64, dtype=torch.float64)})
        with pytest.raises(FormatError, match="F64"):
            formats.read(folder)

    def test_an_index_that_points_elsewhere(self, tmp_path: Path) -> None:
        folder = write_folder(tmp_path / "m", SMALL, weights_of(SMALL), shards=2)
        index = {"weight_map": {"model.norm.weight": "../other/model.safetensors"}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        with pytest.raises(FormatError, match="not beside it"):
            formats.read(folder)

    def test_a_folder_without_a_model(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError, match=r"no config\.json"):
            formats.read(tmp_path)
        (tmp_path / "stories.bin").touch()
        with pytest.raises(FormatError, match=r"name one of its files \(stories\.bin\)"):
            formats.read(tmp_path)

    def test_one_of_our_own_files(self, tmp_path: Path) -> None:
        save(tmp_path / "ours.safetensors", tiny_checkpoint())
        with pytest.raises(FormatError, match="--model"):
            formats.read(tmp_path / "ours.safetensors")


class TestTokenizerJson:
    def test_byte_level(self, tmp_path: Path) -> None:
        folder = write_folder(
            tmp_path / "m", SMALL, weights_of(SMALL), tokenizer="tokenizer.json", eos_token_id=[1]
        )
        ours = read_tokenizer(formats.read(folder).tokenizer)
        theirs = Tokenizer.from_str(byte_level_json())
        assert ours.encode("how about 7?") == theirs.encode("how about 7?").ids
        assert ours.end == theirs.token_to_id("<|im_end|>")

    def test_a_token_before_every_text(self) -> None:
        theirs = Tokenizer.from_str(byte_level_json())
        theirs.post_processor = processors.TemplateProcessing(
            single="<|im_start|> $A", special_tokens=[("<|im_start|>", 0)]
        )
        assert read_tokenizer(read_tokenizer_json(theirs.to_str().encode())).begin == 0

    @pytest.mark.parametrize("metaspace", [False, True])
    def test_sentence_pieces_written_anew(self, metaspace: bool) -> None:
        """Merges instead of scores, as Hugging Face converts Llama 2's model."""
        theirs = _converted(metaspace=metaspace)
        ours = read_tokenizer(read_tokenizer_json(theirs.to_str().encode()))
        original = read_tokenizer(tiny_tokenizer())
        assert ours.pieces == original.pieces
        texts = ["how about seven o'clock?", "\u00fc\u6f22  two", "dinner tomorrow"]
        if not metaspace:
            texts.append(" x")  # there, SentencePiece has two spaces and Metaspace one
        for text in texts:
            assert ours.encode(text) == original.encode(text)
            assert ours.encode(text) == theirs.encode(text, add_special_tokens=False).ids
        assert (ours.begin, ours.end) == (1, 2)

    def test_old_files_write_a_merge_as_one_text(self) -> None:
        value = json.loads(byte_level_json())
        value["model"]["merges"] = [" ".join(merge) for merge in value["model"]["merges"]]
        old = read_tokenizer_json(json.dumps(value).encode())
        assert old == read_tokenizer_json(byte_level_json().encode())

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            ({"normalizer": {"type": "NFC"}}, "changes characters"),
            ({"pre_tokenizer": {"type": "Whitespace"}}, "rules"),
            ({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True}}, "rules"),
            ({"pre_tokenizer": None}, "rules"),
            ({"model": {"type": "WordPiece"}}, "WordPiece"),
            ({"model": {"type": "BPE", "vocab": {"a": 0, "b": 7}, "merges": []}}, "holes"),
            ({"model": {"type": "BPE", "vocab": {"a": "0"}, "merges": []}}, "read"),
            ({"model": {"type": "BPE", "vocab": {}, "merges": ["abc"]}}, "holes|read"),
            ({"model": []}, "read"),
            ({"added_tokens": 5}, "read"),
        ],
    )
    def test_what_is_not_understood(self, change: dict[str, object], complaint: str) -> None:
        value = json.loads(byte_level_json()) | change
        with pytest.raises(FormatError, match=complaint):
            read_tokenizer_json(json.dumps(value).encode())

    def test_a_merge_of_no_tokens(self) -> None:
        value = json.loads(byte_level_json())
        value["model"]["merges"].append(["zz", "zz"])
        with pytest.raises(FormatError, match="zz"):
            read_tokenizer_json(json.dumps(value).encode())


def _converted(*, metaspace: bool) -> Tokenizer:
    """The tiny SentencePiece model as a tokenizer of the library, as `transformers` converts it."""
    pieces = read_tokenizer(tiny_tokenizer()).model.pieces  # type: ignore[attr-defined]
    vocab = {piece.text: token for token, piece in enumerate(pieces)}
    scores = {piece.text: piece.score for piece in pieces}
    merges = [
        (text[:cut], text[cut:])
        for text in vocab
        for cut in range(1, len(text))
        if text[:cut] in vocab and text[cut:] in vocab and pieces[vocab[text]].type == 1
    ]
    merges.sort(key=lambda merge: -scores[merge[0] + merge[1]])
    tokenizer = Tokenizer(
        models.BPE(vocab, merges, unk_token=pieces[0].text, fuse_unk=True, byte_fallback=True)
    )
    if metaspace:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("\u2581", "first", split=False)
    else:
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
        )
    special = [piece.text for piece in pieces if piece.type in (2, 3)]
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text in special])
    markers = [piece.text for piece in pieces if piece.type == 4]
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in markers])
    return tokenizer


def _rewrite(folder: Path, changed: dict[str, torch.Tensor]) -> None:
    """The folder's weights with some tensors changed or added."""
    path = folder / "model.safetensors"
    tensors = {name: tensor.clone() for name, tensor in load_file(path).items()}
    save_file(tensors | changed, path)
