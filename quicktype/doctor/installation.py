"""Python and the packages."""

from __future__ import annotations

import platform
import shlex
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from quicktype import __version__
from quicktype.doctor.check import Check, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quicktype.doctor.check import Notify

NEEDED = (
    "click",
    "llvmlite",
    "numba",
    "numpy",
    "prompt-toolkit",
    "pynput",
    "PySide6-Essentials",
    "rich",
    "safetensors",
    "sentencepiece",
    "tomlkit",
    *(("jeepney", "python-xlib") if sys.platform == "linux" else ()),
)
TRAINING = ("matplotlib", "torch")
BENCHMARK = ("llama-cpp-python",)
"""Packages by their names in the package index, as in pyproject.toml."""


def packages(_notify: Notify) -> Check:
    """Whether all that quicktype runs on is installed."""
    versions = _versions(NEEDED)
    facts = {"quicktype": __version__, "python": platform.python_version(), "packages": versions}
    missing = [name for name in NEEDED if versions[name] is None]
    if missing:
        found = f"missing: {', '.join(missing)}"
        return Check("packages", State.FAIL, found, _install(missing), facts)
    listed = ", ".join(f"{name} {versions[name]}" for name in ("numpy", "numba", "llvmlite"))
    found = f"quicktype {__version__} on Python {platform.python_version()}, {listed}"
    return Check("packages", State.OK, found, facts=facts)


def training(_notify: Notify) -> Check:
    """Whether training could be done; nothing is wrong if not."""
    return _extra("training", TRAINING)


def benchmark(_notify: Notify) -> Check:
    """Whether `quicktype bench` has llama.cpp to compare with; nothing is wrong if not."""
    return _extra("benchmark", BENCHMARK)


def reinstall() -> str:
    """The command that makes the installation whole."""
    if (checkout() / "Makefile").exists():
        return f"make -C {shlex.quote(str(checkout()))} setup"
    return _install(NEEDED)


def checkout() -> Path:
    """Where quicktype's files lie."""
    return Path(__file__).resolve().parents[2]


def _extra(name: str, wanted: Sequence[str]) -> Check:
    versions = _versions(wanted)
    missing = [package for package in wanted if versions[package] is None]
    if missing:
        found = f"not installed (optional): {', '.join(missing)}"
        return Check(name, State.OK, found, _install(missing), {"packages": versions})
    found = ", ".join(f"{package} {version}" for package, version in versions.items())
    return Check(name, State.OK, found, facts={"packages": versions})


def _versions(names: Sequence[str]) -> dict[str, str | None]:
    """The installed version of each package, None if it is missing."""
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def _install(names: Sequence[str]) -> str:
    return shlex.join([sys.executable, "-m", "pip", "install", *names])
