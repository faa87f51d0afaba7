"""One Qt application for all tests here, painting into memory."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is loaded

from PySide6.QtWidgets import QApplication


@pytest.fixture(scope="session")
def application() -> QApplication:
    application = QApplication.instance() or QApplication(["quicktype"])
    assert isinstance(application, QApplication)
    application.setQuitOnLastWindowClosed(False)
    return application
