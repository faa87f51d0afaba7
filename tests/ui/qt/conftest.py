"""One Qt application for all tests here, painting into memory."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication


@pytest.fixture(scope="session")
def application() -> QApplication:
    with pytest.MonkeyPatch.context() as patch:
        # Only here: apps that other tests start paint on their own desktop.
        patch.setenv("QT_QPA_PLATFORM", "offscreen")
        application = QApplication.instance() or QApplication(["quicktype"])
    assert isinstance(application, QApplication)
    application.setQuitOnLastWindowClosed(False)
    return application
