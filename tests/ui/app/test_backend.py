"""Whether the tray can run here is known before Qt is loaded."""

from __future__ import annotations

import sys

import pytest

from ui.app import backend
from ui.app.backend import NoDesktopError


def test_without_a_display_there_is_no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert not backend.has_desktop()
    with pytest.raises(NoDesktopError, match="quicktype chat"):
        backend.check()


def test_another_system_has_no_backend_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not backend.has_desktop()
    with pytest.raises(NoDesktopError, match="no backend for darwin"):
        backend.check()


def test_libraries_that_are_missing_are_named_with_their_packages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    wanted = {"libc.so.6": "libc6", "libnowhere.so.7": "libnowhere7"}
    monkeypatch.setattr(backend, "_LIBRARIES", wanted)
    with pytest.raises(NoDesktopError) as caught:
        backend.check()
    assert str(caught.value).endswith("sudo apt-get install libnowhere7")


def test_another_machines_display_would_need_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", "localhost:10.0")
    with pytest.raises(NoDesktopError, match="no network"):
        backend.check()


def test_a_display_that_does_not_answer_is_no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7654")
    with pytest.raises(NoDesktopError, match="the display :7654 does not answer"):
        backend.check()
