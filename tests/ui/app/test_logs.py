"""What a log holds of an error."""

from __future__ import annotations

import logging
import sys
import threading

import pytest

from ui.app import logs


def fail() -> None:
    raise ValueError("see you tomorrow")


def test_an_error_is_logged_by_its_kind_and_place_never_by_its_words(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    logs.keep_quiet()
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join(10)
    try:
        fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert len(caplog.messages) == 2
    for message in caplog.messages:
        assert "ValueError in fail:" in message
        assert "tomorrow" not in message
