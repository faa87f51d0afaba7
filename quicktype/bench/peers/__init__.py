"""Other programs that can run a checkpoint's weights, for comparison."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.formats import write_gguf
from quicktype.bench.peers import llama_cpp
from quicktype.bench.peers.child import Child
from quicktype.bench.peers.llama2c import Llama2c
from quicktype.bench.peers.peer import Absent, Peer, PeerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.checkpoint import Checkpoint

__all__ = ["LLAMA_CPP", "NONE", "Peer", "PeerError", "choose", "opened"]

LLAMA_CPP, NONE = "llama.cpp", "none"
_MISSING = (
    f"{LLAMA_CPP} is not installed: `{sys.executable} -m pip install llama-cpp-python` compiles it "
    "(some minutes), --peer none goes without"
)


def choose(asked: Sequence[str]) -> list[str]:
    """The peers to run: those asked for, else all that are installed.

    A peer is `LLAMA_CPP`, or the path of llama2.c's ``run`` or ``runq``; `NONE` stands for none at
    all. Raises PeerError for one that is not there.
    """
    installed = importlib.util.find_spec(llama_cpp.MODULE) is not None
    if not asked:
        return [LLAMA_CPP] if installed else []
    names = [name for name in dict.fromkeys(asked) if name != NONE]
    for name in names:
        if name == LLAMA_CPP and not installed:
            raise PeerError(_MISSING)
        if name != LLAMA_CPP and not Path(name).is_file():
            raise PeerError(
                f"there is no peer {name}: say {LLAMA_CPP}, {NONE}, or the path of llama2.c's run"
            )
    return names


@contextmanager
def opened(
    names: Sequence[str],
    checkpoint: Checkpoint,
    threads: int = 1,
    progress: Callable[[str], None] = lambda _what: None,
) -> Iterator[list[Peer]]:
    """The peers of `choose`, running the checkpoint's weights, which they get as temporary files.

    Each of llama.cpp's formats comes twice: as its settings are by default, and tuned, with those
    that are fastest for each kind of work. A peer that does not come up says why at its first turn.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="quicktype-bench-")))
        peers: list[Peer] = []
        for name in names:
            progress(f"starting {name}")
            for start in _starts(name, checkpoint, folder, threads):
                peer = _begun(name, start)
                stack.callback(peer.close)
                peers.append(peer)
        yield peers


def _begun(name: str, start: Callable[[], Peer]) -> Peer:
    try:
        return start()
    except PeerError as error:
        return Absent(name, error)


def _starts(
    name: str, checkpoint: Checkpoint, folder: Path, threads: int
) -> Iterator[Callable[[], Peer]]:
    """What begins the peers of a name; llama.cpp's files are written in between."""
    if name != LLAMA_CPP:
        yield partial(Llama2c, Path(name), checkpoint, folder, threads)
        return
    for kind in _gguf_kinds(checkpoint):
        path = folder / f"{kind}.gguf"
        write_gguf(path, checkpoint, kind)
        for settings in (llama_cpp.DEFAULT, llama_cpp.TUNED):
            label = f"{LLAMA_CPP} {kind.upper()}" + (", tuned" * (settings == llama_cpp.TUNED))
            yield partial(Child, label, llama_cpp.__name__, [str(path), str(threads), settings])


def _gguf_kinds(checkpoint: Checkpoint) -> list[str]:
    """The formats worth a comparison: our own, and the one that is fastest in llama.cpp."""
    has_4_bits = any(tensor.bits == 4 for tensor in checkpoint.matrices.values())
    return ["q4_1", "q8_0", "q4_0"] if has_4_bits else ["q8_0", "q4_0"]
