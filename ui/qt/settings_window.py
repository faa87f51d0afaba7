"""The settings as a window: each change holds at once, and is written to the file."""

from __future__ import annotations

import os
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from quicktype.model_files import models
from ui.core import settings as known
from ui.core.rules import Rule, RuleError
from ui.core.settings import Loaded, Settings, settings_path, variable
from ui.qt.setting_fields import choice_of_names, put, widget_for

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[dict[tuple[str, ...], object], list[Rule] | None], str]

_GENERAL = "General"
_TITLES = {"keys": "Keys", "look": "Look", "suggestions": "Suggestions"}


class SettingsWindow(QWidget):
    """A tab for each table of the file; `change` writes, and says in words what went wrong."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self._change = change
        self._settings = Settings()
        self.fields: dict[tuple[str, ...], QWidget] = {}
        self.setWindowTitle("quicktype: settings")
        self.setMinimumWidth(560)
        self.trouble = QLabel()
        self.trouble.setWordWrap(True)
        self.trouble.setStyleSheet("color: #c0392b")
        self.trouble.setTextFormat(Qt.TextFormat.PlainText)
        self.apps = AppRules(lambda rules: self._tell({}, rules))
        tabs = QTabWidget()
        general = [f.name for f in fields(Settings) if not is_dataclass(_default(f.name))]
        tabs.addTab(self._page(Settings(), (), general), _GENERAL)
        for name, title in _TITLES.items():
            table = _default(name)
            names = [field.name for field in fields(cast("Any", table))]
            tabs.addTab(self._page(table, (name,), names), title)
        tabs.addTab(self.apps, "Apps")
        layout = QVBoxLayout(self)
        layout.addWidget(tabs)
        layout.addWidget(self.trouble)
        place = QLabel(f"All of this is in {settings_path()}")
        place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(place)

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
        self.trouble.setText("\n".join(loaded.problems))

    def _page(self, table: object, path: tuple[str, ...], names: list[str]) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        for name in names:
            if name == "rules":
                continue
            names_of = (*path, name)
            value = getattr(table, name)
            widget = self._widget(names_of, value)
            self.fields[names_of] = widget
            label = QLabel(name.replace("_", " ").capitalize())
            label.setToolTip(known.about(table, name).meaning)
            form.addRow(label, _explained(widget, known.about(table, name).meaning))
        return page

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
        self.trouble.setText(self._change(changes, rules))


class AppRules(QWidget):
    """The user's own rules: an app or a site, and what is done there."""

    DOINGS = ("never suggest", "suggest", "suggest, but never learn")

    def __init__(self, changed: Callable[[list[Rule]], None]) -> None:
        super().__init__()
        self._changed = changed
        self._rules: list[Rule] = []
        self.table = QTableWidget(0, 2)
        self.table.setHorizontalHeaderLabels(["App or site", "What is done there"])
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.name = QLineEdit()
        self.name.setPlaceholderText("hexchat, or *.example.org")
        self.is_site = QCheckBox("a site")
        self.doing = QComboBox()
        self.doing.addItems(self.DOINGS)
        self.add = QPushButton("Add")
        self.add.clicked.connect(self._add)
        self.remove = QPushButton("Remove")
        self.remove.clicked.connect(self._remove)
        row = QHBoxLayout()
        for widget in (self.name, self.is_site, self.doing, self.add, self.remove):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.addWidget(
            QLabel("Password managers, terminals and the like are silent without a rule of yours.")
        )
        layout.addWidget(self.table)
        layout.addLayout(row)

    def fill(self, rules: tuple[Rule, ...]) -> None:
        """Shows these rules."""
        self._rules = list(rules)
        self.table.setRowCount(len(rules))
        for row, rule in enumerate(rules):
            self.table.setItem(row, 0, QTableWidgetItem(rule.title()))
            self.table.setItem(row, 1, QTableWidgetItem(_told(rule)))

    def _add(self) -> None:
        name = self.name.text().strip()
        decisions: dict[str, object] = {
            self.DOINGS[0]: {"suggest": False},
            self.DOINGS[1]: {"suggest": True},
            self.DOINGS[2]: {"suggest": True, "learn": False},
        }
        chosen = cast("dict[str, object]", decisions[self.doing.currentText()])
        try:
            rule = Rule.from_toml({"site" if self.is_site.isChecked() else "app": name, **chosen})
        except RuleError:
            return  # no name yet
        self.name.clear()
        self._changed([*self._rules, rule])

    def _remove(self) -> None:
        chosen = {index.row() for index in self.table.selectionModel().selectedRows()}
        self._changed([rule for row, rule in enumerate(self._rules) if row not in chosen])


def _told(rule: Rule) -> str:
    decided = rule.to_toml()
    return ", ".join(f"{key}: {decided[key]}" for key in rule.decides)


def _explained(widget: QWidget, meaning: str) -> QWidget:
    """The widget with what it means beside or under it."""
    both = QWidget()
    layout = QVBoxLayout(both)
    layout.setContentsMargins(0, 0, 0, 4)
    layout.setSpacing(0)
    layout.addWidget(widget)
    text = QLabel(meaning)
    text.setEnabled(False)
    layout.addWidget(text)
    return both


def _default(name: str) -> object:
    return known.default_of((name,))
