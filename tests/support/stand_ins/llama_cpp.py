"""A stand-in for llama-cpp-python: its low-level API as far as the benchmark uses it.

It holds the benchmark to the rules of the real one: each sequence's positions follow each other,
logits are only there for the tokens that wanted some. "The model" expects the sum of a sequence's
tokens, whatever its file says; a file that is no GGUF is refused.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

VOCAB = 400


class llama_batch(ctypes.Structure):  # noqa: N801 - the real one's name
    _fields_ = [
        ("n_tokens", ctypes.c_int32),
        ("token", ctypes.POINTER(ctypes.c_int32)),
        ("embd", ctypes.POINTER(ctypes.c_float)),
        ("pos", ctypes.POINTER(ctypes.c_int32)),
        ("n_seq_id", ctypes.POINTER(ctypes.c_int32)),
        ("seq_id", ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))),
        ("logits", ctypes.POINTER(ctypes.c_int8)),
    ]


class _Settings:
    n_ctx = 0


class _Context:
    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.sequences: dict[int, list[int]] = {}
        self.logits = np.zeros((16, VOCAB), np.float32)


llama_log_callback = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
_log: list[Any] = []


def llama_log_set(callback: Any, _data: None) -> None:
    _log.append(callback)


def llama_model_default_params() -> None:
    return None


def llama_model_load_from_file(path: bytes, _settings: None) -> object:
    if Path(path.decode()).read_bytes()[:4] == b"GGUF":
        return object()
    _log[-1](2, b"reading\n", None)
    _log[-1](4, b"bad magic\n", None)
    return None


def llama_model_get_vocab(model: object) -> object:
    return model


def llama_vocab_n_tokens(_vocab: object) -> int:
    return VOCAB


def llama_context_default_params() -> _Settings:
    return _Settings()


def llama_init_from_model(_model: object, settings: _Settings) -> _Context:
    return _Context(settings)


def llama_get_memory(context: _Context) -> dict[int, list[int]]:
    return context.sequences


def llama_memory_seq_rm(memory: dict[int, list[int]], sequence: int, start: int, end: int) -> bool:
    assert end == -1
    memory[sequence] = memory.get(sequence, [])[: max(start, 0)]
    return True


def llama_memory_seq_cp(
    memory: dict[int, list[int]], source: int, target: int, start: int, end: int
) -> None:
    assert (start, end) == (-1, -1)
    memory[target] = list(memory[source])


def llama_decode(context: _Context, batch: llama_batch) -> int:
    row = 0
    for index in range(batch.n_tokens):
        assert batch.n_seq_id[index] == 1
        tokens = context.sequences.setdefault(batch.seq_id[index][0], [])
        if batch.pos[index] != len(tokens):
            _log[-1](4, f"position {batch.pos[index]} after {len(tokens)}\n".encode(), None)
            return 1
        tokens.append(batch.token[index])
        if batch.logits[index]:
            context.logits[row] = 0
            context.logits[row, sum(tokens) % VOCAB] = 1
            row += 1
    return 0


def llama_get_logits(context: _Context) -> Any:
    return context.logits.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
