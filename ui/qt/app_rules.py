"""The user's own rules as a page of the settings: an app or a site, and what is done there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ui.core.rules import Rule, RuleError
from ui.qt import style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DECISIONS: Mapping[str, dict[str, object]] = {
    "never suggest": {"suggest": False},
    "suggest": {"suggest": True},
    "suggest, but never learn": {"suggest": True, "learn": False},
    "make the text up from the keys": {"suggest": True, "read": "keys"},
}
_WHAT = ("an app", "a site")


class AppRules(QWidget):
    """A table of rules, and a row to add one with; `changed` is told all of them."""

    DOINGS = tuple(_DECISIONS)

    def __init__(self, changed: Callable[[list[Rule]], None]) -> None:
        super().__init__()
        self._changed = changed
        self._rules: list[Rule] = []
        self.table = _table()
        self.name, self.my_name = QLineEdit(), QLineEdit()
        self.name.setPlaceholderText("hexchat, or *.example.org")
        self.name.setMinimumWidth(170)
        self.my_name.setPlaceholderText("if it differs")
        self.kind, self.doing = QComboBox(), QComboBox()
        self.kind.addItems(_WHAT)
        self.doing.addItems(self.DOINGS)
        self.add, self.remove = QPushButton("Add"), QPushButton("Remove")
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        self.table.itemSelectionChanged.connect(self._selected)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(
            style.paragraph(
                "Password managers, terminals, lock screens, code editors and banks are silent "
                "without a rule of yours. Your rules win."
            )
        )
        layout.addWidget(self.table)
        layout.addLayout(self._editor())
        self._selected()

    def fill(self, rules: tuple[Rule, ...]) -> None:
        """Shows these rules."""
        self._rules = list(rules)
        self.table.setRowCount(len(rules))
        for row, rule in enumerate(rules):
            self.table.setItem(row, 0, QTableWidgetItem(rule.title()))
            self.table.setItem(row, 1, QTableWidgetItem(_told(rule)))

    def _editor(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        titles = ("In", "named", "do this", "my name there")
        widgets = (self.kind, self.name, self.doing, self.my_name)
        for column, (title, widget) in enumerate(zip(titles, widgets, strict=True)):
            label = style.faint(title)
            label.setWordWrap(False)
            grid.addWidget(label, 0, column)
            grid.addWidget(widget, 1, column)
        grid.addWidget(self.add, 1, len(titles))
        grid.addWidget(self.remove, 1, len(titles) + 1)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(3, 2)
        return grid

    def _add(self) -> None:
        place = {_WHAT[0]: "app", _WHAT[1]: "site"}[self.kind.currentText()]
        table = {place: self.name.text().strip(), **_DECISIONS[self.doing.currentText()]}
        if self.my_name.text().strip():
            table["my_name"] = self.my_name.text().strip()
        try:
            rule = Rule.from_toml(table)
        except RuleError:
            self.name.setFocus()
            return  # no name yet
        self.name.clear()
        self.my_name.clear()
        self._changed([*self._rules, rule])

    def _remove(self) -> None:
        chosen = {index.row() for index in self.table.selectionModel().selectedRows()}
        self._changed([rule for row, rule in enumerate(self._rules) if row not in chosen])

    def _selected(self) -> None:
        self.remove.setEnabled(bool(self.table.selectionModel().selectedRows()))


def _table() -> QTableWidget:
    table = QTableWidget(0, 2)
    table.setHorizontalHeaderLabels(["App or site", "What is done there"])
    table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    table.horizontalHeader().setStretchLastSection(True)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    return table


def _told(rule: Rule) -> str:
    """What a rule decides, in words where there are some."""
    decided = rule.to_toml()
    rest = {key: decided[key] for key in rule.decides}
    for words, decision in reversed(tuple(_DECISIONS.items())):
        if decision.items() <= rest.items():
            rest = {key: value for key, value in rest.items() if key not in decision}
            return ", ".join([words, *map(_plain, rest.items())])
    return ", ".join(map(_plain, rest.items()))


def _plain(item: tuple[str, object]) -> str:
    key, value = item
    said = ("yes" if value else "no") if isinstance(value, bool) else value or "none"
    return f"{key.replace('_', ' ')}: {said}"
