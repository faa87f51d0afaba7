"""The tray: its icon tells the state, its menu does what it says."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from ui.app.status import Kind, Status
from ui.qt.icons import icon
from ui.qt.tray import Tray, Wishes


@pytest.fixture
def did() -> list[str]:
    return []


@pytest.fixture
def tray(application: QApplication, did: list[str]) -> Tray:
    names = list(Wishes.__dataclass_fields__)
    return Tray(Wishes(*(lambda name=name: did.append(name) for name in names)))


def entries(tray: Tray) -> list[QAction]:
    return [action for action in tray.menu.actions() if action.isVisible() and action.text()]


def test_each_state_has_an_icon_of_its_own(application: QApplication) -> None:
    pictures = {icon(kind).pixmap(22, 22).toImage().cacheKey() for kind in Kind}
    images = [icon(kind).pixmap(22, 22).toImage() for kind in Kind]
    assert len(pictures) == len(Kind)
    for one in range(len(images)):
        for other in range(one):
            assert images[one] != images[other]


def test_every_entry_does_what_it_says(tray: Tray, did: list[str]) -> None:
    tray.update(Status(Kind.READY, "ready"), "konversation")
    assert [action.text() for action in entries(tray)][:4] == [
        "ready", "Pause for 15 minutes", "Pause until tomorrow", "Never in konversation",
    ]  # fmt: skip
    for action in entries(tray):
        action.trigger()
    tray.update(Status(Kind.PAUSED, "paused"), "konversation")
    assert [action.text() for action in entries(tray)][:2] == ["paused", "Go on"]
    tray.go_on.trigger()
    assert sorted(did) == sorted(Wishes.__dataclass_fields__)


def test_the_state_is_in_the_tooltip(tray: Tray) -> None:
    tray.update(Status(Kind.TROUBLE, "the daemon is gone"), "")
    assert tray.icon.toolTip() == "quicktype: the daemon is gone"
    assert not tray.silence_app.isVisible()


def test_a_double_click_opens_the_settings(tray: Tray, did: list[str]) -> None:
    tray.icon.activated.emit(QSystemTrayIcon.ActivationReason.DoubleClick)
    assert did == ["settings"]
