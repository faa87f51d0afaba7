"""Whether the tray can run here is known before Qt is loaded."""

from __future__ import annotations

import os
import sys

import pytest

from quicktype.doctor.check import State
from ui.app import backend, checks
from ui.app.backend import NoDesktopError


def test_without_a_display_there_is_no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    assert not backend.has_desktop()
    with pytest.raises(NoDesktopError, match="DISPLAY is not set"):
        backend.check()


def test_another_system_has_no_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(sys, "platform", "freebsd14")
    assert not backend.has_desktop()
    with pytest.raises(NoDesktopError, match="no backend for freebsd14"):
        backend.check()


@pytest.mark.parametrize(
    ("system", "missing"), [("win32", "this is not Windows"), ("darwin", "needs pyobjc")]
)
def test_windows_and_macos_have_backends_of_their_own(
    monkeypatch: pytest.MonkeyPatch, system: str, missing: str
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", system)
    assert backend.has_desktop()
    backend.check()
    assert backend.of_session() == ()
    with pytest.raises(OSError, match=missing):
        backend.open_platform()


@pytest.fixture
def wayland(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("XDG_SESSION_TYPE", "wayland")


@pytest.mark.usefixtures("wayland")
def test_wayland_with_x_apps_serves_those_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert backend.has_desktop()
    (session,) = backend.of_session()
    assert session.state is State.WARN
    assert "only X11 apps get suggestions" in session.found
    assert "Xorg" in (session.remedy or "")


@pytest.mark.usefixtures("wayland")
def test_wayland_alone_is_told_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert not backend.has_desktop()
    with pytest.raises(NoDesktopError, match="Wayland lets no program see keys"):
        backend.check()
    assert "nothing works" in backend.of_session()[0].found
    assert checks.of_desktop() == backend.of_session()


def test_an_x_session_has_nothing_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("XDG_SESSION_TYPE", "x11")
    assert backend.of_session() == ()


def test_qt_is_told_to_speak_x(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "minimal")
    backend.open_platform()
    assert os.environ["QT_QPA_PLATFORM"] == "minimal"
    monkeypatch.delenv("QT_QPA_PLATFORM")
    backend.open_platform()
    assert os.environ["QT_QPA_PLATFORM"] == "xcb"


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
