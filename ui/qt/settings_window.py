"""The settings as a window: each change holds at once, and is written to the file."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from quicktype.model_files import models
from ui.core import settings as known
from ui.core.settings import Loaded, Settings, settings_path, variable
from ui.qt import style
from ui.qt.app_rules import AppRules
from ui.qt.setting_fields import choice_of_names, put, widget_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.core.rules import Rule

    Change = Callable[[dict[tuple[str, ...], object], list[Rule] | None], str]

_GENERAL = "General"
_TITLES = {"keys": "Keys", "look": "Look", "suggestions": "Suggestions"}
_APPS = "Apps and sites"


class SettingsWindow(QWidget):
    """A page for each table of the file; `change` writes, and says in words what went wrong."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self._change = change
        self._settings = Settings()
        self.fields: dict[tuple[str, ...], QWidget] = {}
        self.setWindowTitle("quicktype: settings")
        self.resize(860, 580)
        self.trouble = style.trouble()
        self.apps = AppRules(lambda rules: self._tell({}, rules))
        self.choose, self.pages = QListWidget(), QStackedWidget()
        self.choose.setFixedWidth(160)
        self.choose.setFrameShape(QListWidget.Shape.NoFrame)
        self.choose.setStyleSheet("QListWidget::item { padding: 7px 14px } * { outline: 0 }")
        self.choose.currentRowChanged.connect(self.pages.setCurrentIndex)
        self._fill_pages()
        right = QVBoxLayout()
        right.setContentsMargins(24, 20, 24, 16)
        right.addWidget(self.pages)
        right.addWidget(self.trouble)
        right.addWidget(_place())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.choose)
        layout.addLayout(right)
        self.choose.setCurrentRow(0)

    def fill(self, loaded: Loaded) -> None:
        """Shows these settings."""
        self._settings = loaded.settings
        for names, widget in self.fields.items():
            put(widget, self._value(names))
            fixed = variable(names) in os.environ
            widget.setEnabled(not fixed)
            if fixed:
                widget.setToolTip(f"set by ${variable(names)}")
        self.apps.fill(loaded.settings.rules)
        self._say("\n".join(loaded.problems))

    def _fill_pages(self) -> None:
        general = [f.name for f in fields(Settings) if not is_dataclass(_default(f.name))]
        self._add(_GENERAL, self._page(Settings(), (), [it for it in general if it != "rules"]))
        for name, title in _TITLES.items():
            table = _default(name)
            names = [field.name for field in fields(cast("Any", table))]
            self._add(title, self._page(table, (name,), names))
        self._add(_APPS, self.apps)

    def _add(self, title: str, page: QWidget) -> None:
        self.choose.addItem(title)
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addWidget(style.heading(title))
        layout.addWidget(page, stretch=1)
        self.pages.addWidget(whole)

    def _page(self, table: object, path: tuple[str, ...], names: list[str]) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.setContentsMargins(0, 0, 8, 0)
        form.setVerticalSpacing(12)
        form.setHorizontalSpacing(18)
        for name in names:
            names_of = (*path, name)
            widget = self._widget(names_of, getattr(table, name))
            self.fields[names_of] = widget
            meaning, title = known.about(table, name).meaning, _title(name)
            if isinstance(widget, QCheckBox):
                widget.setText(title)
                form.addRow(_explained(widget, meaning, indent=24))
            else:
                widget.setAccessibleName(title)
                form.addRow(QLabel(title), _explained(widget, meaning))
        return _scrolled(page)

    def _widget(self, names: tuple[str, ...], value: object) -> QWidget:
        if names == ("model",):
            listed = sorted({path.stem for path in models()})
            return choice_of_names(listed, self._teller(names))
        return widget_for(value, self._teller(names), key=names[0] == "keys")

    def _teller(self, names: tuple[str, ...]) -> Callable[[object], None]:
        """Tells a change; fields also speak when they were only left."""

        def tell(value: object) -> None:
            if value != self._value(names):
                self._tell({names: value}, None)

        return tell

    def _value(self, names: tuple[str, ...]) -> Any:
        value: Any = self._settings
        for name in names:
            value = getattr(value, name)
        return value

    def _tell(self, changes: dict[tuple[str, ...], object], rules: list[Rule] | None) -> None:
        self._say(self._change(changes, rules))

    def _say(self, trouble: str) -> None:
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _explained(widget: QWidget, meaning: str, indent: int = 0) -> QWidget:
    """The widget with what it means under it."""
    both = QWidget()
    layout = QVBoxLayout(both)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(2)
    layout.addWidget(widget)
    text = style.faint(meaning)
    text.setIndent(indent)
    layout.addWidget(text)
    return both


def _scrolled(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def _place() -> QLabel:
    place = style.faint(f"All of this is in {settings_path()}")
    place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return place


def _default(name: str) -> object:
    return known.default_of((name,))
