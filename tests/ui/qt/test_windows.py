"""The windows show what is, and change what the user changes."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QSpinBox,
)

from quicktype.doctor.check import Check, State
from quicktype.protocol import ModelInfo
from ui.app.link import Health, LinkState
from ui.core.actions import Event
from ui.core.rules import Rule
from ui.core.settings import Loaded, Settings, Theme
from ui.core.statistics import Statistics
from ui.qt import first_page
from ui.qt.about import about
from ui.qt.app_rules import AppRules
from ui.qt.first_page import FirstPage
from ui.qt.setting_fields import KeyField
from ui.qt.settings_window import SettingsWindow
from ui.qt.statistics_window import StatisticsWindow, highlights

SHIFT, ALT, NONE = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.NoModifier,
)


class Changes:
    """What a window wanted changed."""

    def __init__(self) -> None:
        self.settings: list[dict[tuple[str, ...], object]] = []
        self.rules: list[list[Rule]] = []
        self.answer = ""

    def __call__(self, settings: dict[tuple[str, ...], object], rules: list[Rule] | None) -> str:
        if rules is None:
            self.settings.append(settings)
        else:
            self.rules.append(rules)
        return self.answer


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def window(application: QApplication, changes: Changes) -> Iterator[SettingsWindow]:
    window = SettingsWindow(changes)
    window.fill(Loaded(Settings()))
    yield window
    window.close()


def press(field: KeyField, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    QApplication.sendEvent(field, QKeyEvent(QEvent.Type.KeyPress, key, held))


class TestSettings:
    def test_every_setting_has_a_field(self, window: SettingsWindow) -> None:
        wanted: set[tuple[str, ...]] = {(field.name,) for field in fields(Settings)}
        for table in ("keys", "look", "suggestions"):
            wanted.remove((table,))
            wanted |= {(table, field.name) for field in fields(getattr(Settings(), table))}
        assert set(window.fields) == wanted - {("rules",)}

    def test_filling_it_changes_nothing(self, window: SettingsWindow, changes: Changes) -> None:
        dark = replace(Settings(), learning=True, look=replace(Settings().look, theme=Theme.DARK))
        window.fill(Loaded(dark, ("settings.toml: x is no setting",)))
        box, choice = window.fields["learning",], window.fields["look", "theme"]
        assert isinstance(box, QCheckBox)
        assert isinstance(choice, QComboBox)
        assert box.isChecked()
        assert choice.currentText() == "dark"
        assert "no setting" in window.trouble.text()
        assert changes.settings == []

    def test_a_change_is_told_with_its_place(
        self, window: SettingsWindow, changes: Changes
    ) -> None:
        box, words = window.fields["learning",], window.fields["suggestions", "words"]
        assert isinstance(box, QCheckBox)
        assert isinstance(words, QSpinBox)
        box.setChecked(True)
        words.setValue(4)
        assert changes.settings == [{("learning",): True}, {("suggestions", "words"): 4}]

    def test_a_field_that_is_only_left_changes_nothing(
        self, window: SettingsWindow, changes: Changes
    ) -> None:
        name, model = window.fields["my_name",], window.fields["model",]
        assert isinstance(name, QLineEdit)
        assert isinstance(model, QComboBox)
        name.editingFinished.emit()
        line = model.lineEdit()
        assert line is not None
        line.editingFinished.emit()
        assert changes.settings == []
        name.setText("Ana")
        name.editingFinished.emit()
        assert changes.settings == [{("my_name",): "Ana"}]

    def test_what_went_wrong_is_shown(self, window: SettingsWindow, changes: Changes) -> None:
        changes.answer = "settings.toml cannot be written: No space left on device"
        box = window.fields["learning",]
        assert isinstance(box, QCheckBox)
        box.setChecked(True)
        assert "No space left" in window.trouble.text()

    def test_what_the_environment_says_cannot_be_changed_here(
        self, window: SettingsWindow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("QUICKTYPE_LEARNING", "on")
        window.fill(Loaded(Settings(learning=True)))
        assert not window.fields["learning",].isEnabled()
        assert "QUICKTYPE_LEARNING" in window.fields["learning",].toolTip()

    @pytest.mark.parametrize(
        ("key", "held", "text"),
        [
            (Qt.Key.Key_Tab, NONE, "Tab"),
            (Qt.Key.Key_Backtab, SHIFT, "Shift+Tab"),
            (Qt.Key.Key_BracketRight, ALT, "Alt+]"),
            (Qt.Key.Key_F5, NONE, "F5"),
            (Qt.Key.Key_Backspace, NONE, ""),
        ],
    )
    def test_a_key_is_chosen_by_pressing_it(
        self,
        window: SettingsWindow,
        changes: Changes,
        key: Qt.Key,
        held: Qt.KeyboardModifier,
        text: str,
    ) -> None:
        field = window.fields["keys", "pause"]
        assert isinstance(field, KeyField)
        press(field, key, held)
        assert field.text() == text
        assert changes.settings == [{("keys", "pause"): text}]

    def test_a_modifier_alone_is_no_key(self, window: SettingsWindow, changes: Changes) -> None:
        field = window.fields["keys", "pause"]
        assert isinstance(field, KeyField)
        press(field, Qt.Key.Key_Shift, SHIFT)
        assert changes.settings == []


class TestRules:
    def test_rules_are_shown_added_and_removed(
        self, window: SettingsWindow, changes: Changes
    ) -> None:
        old = Rule.from_toml({"app": "hexchat", "suggest": False})
        apps = window.apps
        apps.fill((old,))
        apps.name.setText(" *.example.org ")
        apps.kind.setCurrentText("a site")
        apps.my_name.setText("ana2")
        apps.doing.setCurrentText(AppRules.DOINGS[2])
        apps.add.click()
        new = Rule.from_toml(
            {"site": "*.example.org", "suggest": True, "learn": False, "my_name": "ana2"}
        )
        assert changes.rules == [[old, new]]
        apps.fill((old, new))
        said = [apps.table.item(row, 1) for row in range(2)]
        assert [item.text() for item in said if item is not None] == [
            "never suggest",
            "suggest, but never learn, my name: ana2",
        ]
        apps.table.selectRow(0)
        apps.remove.click()
        assert changes.rules[-1] == [new]

    def test_without_a_name_nothing_is_added(
        self, window: SettingsWindow, changes: Changes
    ) -> None:
        window.apps.add.click()
        assert changes.rules == []


def test_the_statistics_show_what_was_counted(
    application: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statistics = Statistics(tmp_path / "statistics.json")
    today = datetime.datetime.now().astimezone().date()
    statistics.count(Event.TYPED, 60, today)
    statistics.count(Event.ACCEPTED, 5, today)
    statistics.count(Event.ACCEPTED_CHARACTERS, 40, today)
    statistics.took(7, today)
    window = StatisticsWindow(statistics)
    window.fill()
    assert window.saved.values[-1] == 35
    assert sum(window.times.values) == 1
    assert highlights(statistics.total())[:2] == [("keys saved", "35"), ("of all keys", "35%")]
    image = window.saved.grab().toImage()
    greens = sum(
        image.pixelColor(x, y).name() == "#1f8a70"
        for x in range(image.width())
        for y in range(image.height())
    )
    assert greens > 100
    yes = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda *_: yes)
    next(b for b in window.findChildren(QPushButton) if "Forget" in b.text()).click()
    assert statistics.days() == {}
    assert max(window.saved.values) == 0


def test_the_first_page_says_what_works_and_copies_what_mends(application: QApplication) -> None:
    findings = (
        Check("keyboard", State.OK, "every key is seen"),
        Check("text", State.FAIL, "no accessibility bus", "sudo apt-get install at-spi2-core"),
    )
    page = FirstPage(lambda: findings)
    page.examine()
    end = time.monotonic() + 30
    while not page.again.isEnabled() and time.monotonic() < end:
        application.processEvents()
    texts = [label.text() for label in page.findChildren(QLabel)]
    assert "keyboard" in texts
    assert "One thing needs a look" in texts
    assert "no accessibility bus\nsudo apt-get install at-spi2-core" in texts
    copy = next(b for b in page.findChildren(QPushButton) if b.text() == "Copy")
    copy.click()
    assert QGuiApplication.clipboard().text() == "sudo apt-get install at-spi2-core"


def test_the_first_page_mends_what_it_can_and_looks_again(
    application: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Check("text", State.WARN, "apps are not asked", "gsettings set a b true")
    found = [broken]
    page = FirstPage(lambda: found)

    def mend(check: Check) -> str:
        found[:] = [Check(check.name, State.OK, "apps tell their text")]
        return ""

    monkeypatch.setattr(first_page, "can_mend", lambda check: True)
    monkeypatch.setattr(first_page, "mend", mend)
    page.fill(found)
    next(b for b in page.findChildren(QPushButton) if b.text() == "Mend it").click()
    end = time.monotonic() + 30
    while "Everything" not in page.verdict.text() and time.monotonic() < end:
        application.processEvents()
    assert page.verdict.text() == "Everything works on this desktop"


def test_about_names_the_model(application: QApplication) -> None:
    box = about(LinkState(Health.READY, model=ModelInfo("mine", 29_500_000, 1024, "")))
    assert "mine, 29.5 million parameters" in box.text()
    assert "Nothing you type leaves" in box.text()
    box.close()
