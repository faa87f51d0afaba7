"""Small models in other programs' formats, written by those programs' own code.

GGUF by llama.cpp's `gguf`, Hugging Face folders by `safetensors` and `tokenizers`. llama2.c's
files have no library: here they are put together from the layout that its ``export.py`` publishes.
"""

from __future__ import annotations

import functools
import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gguf
import numpy as np
import sentencepiece
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from engine.config import ModelConfig
from tests.support.engine_models import smooth_weights
from tests.support.tiny_model import MARKERS, tiny_tokenizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.formats import ForeignModel

    Floats = NDArray[np.float32]
    Weights = dict[str, Floats]

_TINY = sentencepiece.SentencePieceProcessor(model_proto=tiny_tokenizer())
SMALL = ModelConfig(
    dim=64,
    hidden=96,
    layers=2,
    heads=4,
    kv_heads=2,
    head_dim=16,
    vocab=_TINY.GetPieceSize(),
    context=128,
)
_MARKERS = (*MARKERS.roles, MARKERS.end)
_GGUF_NAMES = {
    "attention_norm": "attn_norm", "q": "attn_q", "k": "attn_k", "v": "attn_v",
    "o": "attn_output", "ffn_norm": "ffn_norm", "gate": "ffn_gate", "up": "ffn_up",
    "down": "ffn_down",
}  # fmt: skip
_HF_NAMES = {
    "attention_norm": "input_layernorm", "q": "self_attn.q_proj", "k": "self_attn.k_proj",
    "v": "self_attn.v_proj", "o": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
    "gate": "mlp.gate_proj", "up": "mlp.up_proj", "down": "mlp.down_proj",
}  # fmt: skip
_TALK = (
    "are we still on for dinner tomorrow? yes, what time works for you? how about seven o'clock, "
    "see you there then! I'll bring 2 bottles of wine, we've got 12 guests.  Don't be late\n"
)


def weights_of(config: ModelConfig = SMALL, seed: int = 0) -> Weights:
    """Random weights under our names."""
    return smooth_weights(config, seed)


def paired(rows: Floats, head_dim: int) -> Floats:
    """Rows with the two of each rotated pair side by side: one index at a time, to be sure."""
    out = np.empty_like(rows)
    for row in range(len(rows)):
        head, place = divmod(row, head_dim)
        pair, half = place % (head_dim // 2), place // (head_dim // 2)
        out[head * head_dim + 2 * pair + half] = rows[row]
    return out


@functools.cache
def byte_level_json() -> str:
    """A small ``tokenizer.json`` with SmolLM2's rules and two markers, learned from small talk."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SMALL.vocab,
        special_tokens=["<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([_TALK] * 20, trainer)
    missing = SMALL.vocab - tokenizer.get_vocab_size()
    tokenizer.add_special_tokens([AddedToken(f"<|spare_{n}|>") for n in range(missing)])
    return str(tokenizer.to_str())


def write_gguf(
    path: Path,
    config: ModelConfig,
    weights: Weights,
    kind: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.F32,
    vocabulary: str = "llama",
    more: dict[str, Any] | None = None,
) -> Path:
    """A GGUF file by llama.cpp's own writer; `more` are further values by key."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(config.layers)
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.dim)
    writer.add_feed_forward_length(config.hidden)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_layer_norm_rms_eps(config.norm_eps)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    (_sentence_pieces if vocabulary == "llama" else _byte_level)(writer)
    for key, value in (more or {}).items():
        if isinstance(value, str):
            writer.add_string(key, value)
        else:
            (writer.add_uint32 if isinstance(value, int) else writer.add_float32)(key, value)
    for name, matrix in weights.items():
        layer, _, part = name.rpartition(".")
        theirs = {"embedding": "token_embd", "norm": "output_norm", "classifier": "output"}
        full = f"blk.{layer[7:]}.{_GGUF_NAMES[part]}" if layer else theirs[name]
        rows = paired(matrix, config.head_dim) if part in ("q", "k") else matrix
        if rows.ndim == 1:
            writer.add_tensor(full + ".weight", rows)
        else:
            data = gguf.quants.quantize(rows, kind)
            writer.add_tensor(full + ".weight", data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _sentence_pieces(writer: gguf.GGUFWriter) -> None:
    ids = range(_TINY.GetPieceSize())
    types = []
    for token in ids:
        kind = gguf.TokenType.NORMAL
        if _TINY.IsUnknown(token):
            kind = gguf.TokenType.UNKNOWN
        elif _TINY.IsControl(token) or _TINY.IdToPiece(token) in _MARKERS:
            kind = gguf.TokenType.CONTROL
        elif _TINY.IsByte(token):
            kind = gguf.TokenType.BYTE
        types.append(kind)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([_TINY.IdToPiece(token) for token in ids])
    writer.add_token_scores([_TINY.GetScore(token) for token in ids])
    writer.add_token_types(types)
    writer.add_bos_token_id(_TINY.bos_id())
    writer.add_eos_token_id(_TINY.eos_id())
    writer.add_unk_token_id(_TINY.unk_id())


def _byte_level(writer: gguf.GGUFWriter) -> None:
    value = json.loads(byte_level_json())
    ids = dict(value["model"]["vocab"]) | {t["content"]: t["id"] for t in value["added_tokens"]}
    special = {token["id"] for token in value["added_tokens"]}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(sorted(ids, key=ids.__getitem__))
    writer.add_token_types(
        [
            gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL
            for token in range(len(ids))
        ]
    )
    writer.add_token_merges([" ".join(merge) for merge in value["model"]["merges"]])
    writer.add_eos_token_id(ids["<|im_end|>"])


def write_folder(
    folder: Path,
    config: ModelConfig,
    weights: Weights,
    *,
    dtype: type[np.generic] = np.float32,
    shards: int = 1,
    tokenizer: str = "tokenizer.model",
    **more: Any,
) -> Path:
    """A Hugging Face folder; `more` goes into its config.json."""
    folder.mkdir(exist_ok=True)
    values: dict[str, object] = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": config.dim,
        "intermediate_size": config.hidden,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_dim,
        "vocab_size": config.vocab,
        "max_position_embeddings": config.context,
        "rope_theta": config.rope_theta,
        "rms_norm_eps": config.norm_eps,
        "tie_word_embeddings": config.tied,
        "attention_bias": False,
        "eos_token_id": 2,
    }
    (folder / "config.json").write_text(json.dumps(values | more))
    named = {_hf_name(name): matrix.astype(dtype) for name, matrix in weights.items()}
    if shards == 1:
        save_file(named, folder / "model.safetensors")
    else:
        _write_shards(folder, named, shards)
    if tokenizer == "tokenizer.model":
        (folder / tokenizer).write_bytes(tiny_tokenizer())
    else:
        (folder / tokenizer).write_text(byte_level_json())
    return folder


def _write_shards(folder: Path, named: dict[str, Any], shards: int) -> None:
    index: dict[str, str] = {}
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = dict(list(named.items())[shard::shards])
        save_file(part, folder / file)
        index |= dict.fromkeys(part, file)
    text = json.dumps({"metadata": {}, "weight_map": index})
    (folder / "model.safetensors.index.json").write_text(text)


def _hf_name(ours: str) -> str:
    layer, _, part = ours.rpartition(".")
    whole = {"embedding": "model.embed_tokens", "norm": "model.norm", "classifier": "lm_head"}
    return f"model.{layer}.{_HF_NAMES[part]}.weight" if layer else f"{whole[ours]}.weight"


def write_llama2c(
    path: Path, config: ModelConfig, weights: Weights, version: int = 0, group: int = 32
) -> Path:
    """A llama2.c file as its ``export.py`` describes it, with ``tokenizer.bin`` beside it."""
    floats = _Floats(config, weights)
    sizes = [config.dim, config.hidden, config.layers, config.heads, config.kv_heads]
    vocab = config.vocab if version or config.tied else -config.vocab
    header = struct.pack("<7i", *sizes, vocab, config.context)
    end = [] if config.tied else [weights["classifier"]]
    if version == 0:
        angles = np.outer(
            np.arange(config.context),
            config.rope_theta ** (-np.arange(0, config.head_dim, 2) / config.head_dim),
        )
        parts = [weights["embedding"], *floats.all("attention_norm"), *floats.all("q", "k", "v")]
        parts += [*floats.all("o", "ffn_norm", "gate", "down", "up"), weights["norm"]]
        parts += [np.cos(angles), np.sin(angles), *end]
        body = b"".join(part.astype("<f4").tobytes() for part in parts)
        path.write_bytes(header + body)
    else:
        start = struct.pack("<Ii", 0x616B3432, version) + header + struct.pack("<B", config.tied)
        start += struct.pack("<i", group) if version == 2 else b""
        norms = [*floats.all("attention_norm"), *floats.all("ffn_norm"), weights["norm"]]
        matrices = [weights["embedding"], *floats.all("q", "k", "v", "o", "gate", "down", "up")]
        body = b"".join(norm.tobytes() for norm in norms)
        for matrix in [*matrices, *end]:
            body += _int8(matrix, group) if version == 2 else matrix.tobytes()
        path.write_bytes(start.ljust(256, b"\0") + body)
    write_tokenizer_bin(path.with_name("tokenizer.bin"))
    return path


class _Floats:
    def __init__(self, config: ModelConfig, weights: Weights) -> None:
        self.config, self.weights = config, weights

    def all(self, *parts: str) -> list[Floats]:
        return [self._one(part, layer) for part in parts for layer in range(self.config.layers)]

    def _one(self, part: str, layer: int) -> Floats:
        matrix = self.weights[f"layers.{layer}.{part}"]
        return paired(matrix, self.config.head_dim) if part in ("q", "k") else matrix


def _int8(matrix: Floats, group: int) -> bytes:
    groups = matrix.reshape(-1, group)
    scales = np.abs(groups).max(axis=1) / np.float32(127)
    integers = np.round(groups / scales[:, None]).astype(np.int8)
    return bytes(integers.tobytes() + scales.astype("<f4").tobytes())


def write_tokenizer_bin(path: Path) -> None:
    """The tiny vocabulary as llama2.c's ``tokenizer.py`` exports it."""
    texts = []
    for token in range(_TINY.GetPieceSize()):
        text = _TINY.IdToPiece(token)
        if token in (_TINY.bos_id(), _TINY.eos_id()):
            text = f"\n{text}\n"
        texts.append((text.replace("\u2581", " ").encode(), _TINY.GetScore(token)))
    data = struct.pack("<I", max(len(piece) for piece, _ in texts))
    for piece, score in texts:
        data += struct.pack("<fI", score, len(piece)) + piece
    path.write_bytes(data)


def floats_of(model: ForeignModel, name: str) -> Floats:
    """All of a weight that was read, in its own shape."""
    weights = model.tensors[name]
    rows = weights.shape[0] if len(weights.shape) > 1 else 1
    return weights.floats(0, rows).reshape(weights.shape)
