"""In a Wayland session only the windows of X are served."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ui.platform.interface import App, Reading
from ui.x11.platform import X11Platform


@pytest.mark.parametrize(
    ("display", "active", "allowed"),
    [
        ("wayland-0", None, Reading.NOTHING),
        ("wayland-0", ("an app", "a window"), Reading.KEYS),
        ("", None, Reading.KEYS),
    ],
)
def test_wayland_windows_are_never_read(
    monkeypatch: pytest.MonkeyPatch, display: str, active: object, allowed: Reading
) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", display)
    platform = X11Platform()
    platform._windows = cast("Any", SimpleNamespace(active=lambda: active))
    platform._desk = cast("Any", SimpleNamespace(allowed=lambda _app, _site: Reading.KEYS))
    assert platform._allowed(App("chat"), "") is allowed
