"""llama.cpp, through the low-level API of llama-cpp-python.

As a program, ``python -P -m quicktype.bench.peers.llama_cpp FILE.gguf THREADS SETTINGS`` serves
turns (`quicktype.bench.peers.child`); SETTINGS is `DEFAULT` or `TUNED`.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from engine.kv_cache import common_prefix
from quicktype.bench import work
from quicktype.bench.peers import child

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MODULE = "llama_cpp"
DEFAULT, TUNED = "default", "tuned"

_CELLS = 256
"""Room in the KV cache; llama.cpp rounds up to this in any case."""
_TRIAL_SECONDS = 1.0


class LlamaCppError(RuntimeError):
    """llama.cpp refused; the message is one line."""


class Settings(NamedTuple):
    """What matters for speed and is left to whoever uses llama.cpp; ints are its own constants."""

    flash: int
    """Flash attention: -1 as llama.cpp decides, 0 without, 1 with."""
    cache: int
    """The KV cache's type: 0 is single precision, 1 half."""


DEFAULT_SETTINGS = Settings(flash=-1, cache=1)
TRIED = [Settings(flash, cache) for flash in (0, 1) for cache in (1, 0)]
"""Worth a try: which one is the fastest depends on the model's shape and on the work."""


class LlamaCpp:
    """A GGUF file loaded by llama.cpp; raises LlamaCppError."""

    _listening: ClassVar[list[Any]] = []
    """Who was told of errors: llama.cpp calls the last one as long as the process lives."""

    def __init__(self, path: str) -> None:
        # By name: it comes with types of its own for a checker, or not at all.
        self.api: Any = importlib.import_module(MODULE)
        self._errors: list[str] = []
        self._listening.append(self.api.llama_log_callback(self._keep_errors))
        self.api.llama_log_set(self._listening[-1], None)
        self.model = self.api.llama_model_load_from_file(
            path.encode(), self.api.llama_model_default_params()
        )
        if not self.model:
            raise self.refused("load the file")
        vocabulary = self.api.llama_model_get_vocab(self.model)
        self.vocab = int(self.api.llama_vocab_n_tokens(vocabulary))

    def refused(self, what: str) -> LlamaCppError:
        """The error to raise, with what llama.cpp said about it."""
        said = "".join(self._errors).strip().splitlines() or ["it does not say why"]
        return LlamaCppError(f"llama.cpp cannot {what}: {said[0]}")

    def _keep_errors(self, level: int, text: bytes, _data: object) -> None:
        if level == 4:  # GGML_LOG_LEVEL_ERROR
            self._errors.append(text.decode(errors="replace"))


class Reader(work.Reader):
    """A context of llama.cpp, used as its authors mean it to be.

    All sequences share the cells of one KV cache: a branch takes over the text's cells without a
    copy, and the branches take their steps in one batch. Logits are computed where they are wanted
    and read in place. Raises LlamaCppError.
    """

    def __init__(self, llama: LlamaCpp, threads: int, settings: Settings) -> None:
        self._llama, self._api, self.vocab = llama, llama.api, llama.vocab
        wanted = self._api.llama_context_default_params()
        wanted.n_ctx = _CELLS
        wanted.n_batch = wanted.n_ubatch = work.PREFILL
        wanted.n_seq_max = work.CANDIDATES
        wanted.n_threads = wanted.n_threads_batch = threads
        wanted.kv_unified = wanted.no_perf = True
        wanted.flash_attn_type = settings.flash
        wanted.type_k = wanted.type_v = settings.cache
        self._context = self._api.llama_init_from_model(llama.model, wanted)
        if not self._context:
            raise llama.refused("make a context")
        self._memory = self._api.llama_get_memory(self._context)
        self._batch = _Batch(self._api, work.PREFILL)
        self._text: tuple[int, ...] = ()
        self._length = 0
        self._logits_at = 0
        self._logits = np.empty((0, self.vocab), np.float32)

    def read(self, text: Sequence[int]) -> NDArray[np.float32]:
        """As `work.Reader` says."""
        whole = tuple(text)
        known = min(common_prefix(self._text, whole), len(whole) - 1)
        for sequence in range(1, work.CANDIDATES):
            self._api.llama_memory_seq_rm(self._memory, sequence, -1, -1)
        self._api.llama_memory_seq_rm(self._memory, 0, known, -1)
        self._text = whole
        self._batch.set_text(whole[known:], known)
        row: NDArray[np.float32] = self._decode(len(whole) - known)[0]
        return row

    def branch(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """As `work.Reader` says; the first branch is the text's own sequence."""
        for sequence in range(1, len(tokens)):
            self._api.llama_memory_seq_cp(self._memory, 0, sequence, -1, -1)
        self._batch.set_branches(len(tokens))
        self._length = len(self._text)
        return self.extend(tokens)

    def extend(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """As `work.Reader` says."""
        self._batch.set_step(tokens, self._length)
        self._length += 1
        return self._decode(len(tokens))[: len(tokens)]

    def _decode(self, count: int) -> NDArray[np.float32]:
        """Compute the batch; the rows of logits that were wanted, and room for more."""
        self._batch.struct.n_tokens = count
        if self._api.llama_decode(self._context, self._batch.struct):
            raise self._llama.refused("compute a batch")
        pointer = self._api.llama_get_logits(self._context)
        place = ctypes.cast(pointer, ctypes.c_void_p).value or 0
        if place != self._logits_at:  # a view is dear, and they hardly ever move
            self._logits_at = place
            self._logits = np.ctypeslib.as_array(pointer, (work.CANDIDATES, self.vocab))
        return self._logits


class _Batch:
    """Tokens for llama.cpp to compute, in arrays that are filled through NumPy."""

    def __init__(self, api: Any, size: int) -> None:
        self._tokens = np.zeros(size, np.int32)
        self._positions = np.zeros(size, np.int32)
        self._sequences = np.zeros(size, np.int32)
        self._wanted = np.zeros(size, np.int8)
        self._counts = np.ones(size, np.int32)
        self._lists = self._sequences.ctypes.data + 4 * np.arange(size, dtype=np.uintp)
        arrays: dict[str, NDArray[Any]] = {
            "token": self._tokens,
            "pos": self._positions,
            "n_seq_id": self._counts,
            "seq_id": self._lists,
            "logits": self._wanted,
        }
        self.struct = api.llama_batch()
        kinds = dict(api.llama_batch._fields_)
        for name, array in arrays.items():
            setattr(self.struct, name, ctypes.cast(array.ctypes.data, kinds[name]))

    def set_text(self, tokens: Sequence[int], start: int) -> None:
        """The next tokens of the text; logits for the last."""
        count = len(tokens)
        self._tokens[:count] = tokens
        self._positions[:count] = np.arange(start, start + count)
        self._sequences[:count] = 0
        self._wanted[:count] = 0
        self._wanted[count - 1] = 1

    def set_branches(self, count: int) -> None:
        """A row for each branch, with logits; stays so until a text is set."""
        self._sequences[:count] = range(count)
        self._wanted[:count] = 1

    def set_step(self, tokens: Sequence[int], position: int) -> None:
        """A token for each branch, all at one position."""
        self._tokens[: len(tokens)] = tokens
        self._positions[: len(tokens)] = position


def _default(llama: LlamaCpp, threads: int) -> child.Turns:
    reader = Reader(llama, threads, DEFAULT_SETTINGS)
    return lambda name, seed: work.turn(reader, name, seed)


def _tuned(llama: LlamaCpp, threads: int) -> child.Turns:
    """Each work with the settings that are fastest for it, of those worth a try."""
    readers = [Reader(llama, threads, settings) for settings in TRIED]
    best = {name: _fastest(readers, name) for name in work.WORKS}
    return lambda name, seed: work.turn(best[name], name, seed)


def _fastest(readers: Sequence[Reader], name: str) -> Reader:
    """Who does a work fastest, tried in turns; the first counts only if it took long enough."""
    taken: list[list[float]] = [[] for _ in readers]
    begun, seed = perf_counter(), 0
    while not seed or perf_counter() - begun < _TRIAL_SECONDS:
        for reader, medians in zip(readers, taken, strict=True):
            medians.append(median(work.turn(reader, name, seed)))
        seed += 1
    counted = slice(min(seed - 1, 1), None)
    return readers[min(range(len(readers)), key=lambda index: median(taken[index][counted]))]


if __name__ == "__main__":
    _path, _threads, _settings = sys.argv[1:]
    _open = _tuned if _settings == TUNED else _default
    child.serve(lambda: _open(LlamaCpp(_path), int(_threads)))
