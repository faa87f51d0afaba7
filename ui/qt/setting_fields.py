"""One widget for each kind of setting."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLineEdit, QSpinBox, QWidget

from ui.core import hotkeys
from ui.platform.interface import Chord, Modifier

if TYPE_CHECKING:
    from collections.abc import Callable

_HELD = {
    Qt.KeyboardModifier.ControlModifier: Modifier.CONTROL,
    Qt.KeyboardModifier.AltModifier: Modifier.ALT,
    Qt.KeyboardModifier.ShiftModifier: Modifier.SHIFT,
    Qt.KeyboardModifier.MetaModifier: Modifier.SUPER,
}
_NAMED = {
    Qt.Key.Key_Tab: "Tab", Qt.Key.Key_Backtab: "Tab", Qt.Key.Key_Escape: "Esc",
    Qt.Key.Key_Return: "Enter", Qt.Key.Key_Enter: "Enter", Qt.Key.Key_Space: "Space",
    Qt.Key.Key_Insert: "Insert", Qt.Key.Key_Delete: "Delete", Qt.Key.Key_Home: "Home",
    Qt.Key.Key_End: "End", Qt.Key.Key_PageUp: "PageUp", Qt.Key.Key_PageDown: "PageDown",
    Qt.Key.Key_Left: "Left", Qt.Key.Key_Right: "Right", Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down", Qt.Key.Key_Backspace: "Backspace",
}  # fmt: skip


class KeyField(QLineEdit):
    """Shows a key; press another to change it, Backspace for none."""

    def __init__(self, changed: Callable[[str], None]) -> None:
        super().__init__()
        self._changed = changed
        self.setReadOnly(True)
        self.setPlaceholderText("none")
        self.setToolTip("Click here and press the key; Backspace: none")

    def event(self, event: Any) -> bool:
        """Takes Tab, which otherwise leads to the next field."""
        pressed = isinstance(event, QKeyEvent) and event.type() == QKeyEvent.Type.KeyPress
        if pressed and event.key() in {Qt.Key.Key_Tab, Qt.Key.Key_Backtab}:
            self.keyPressEvent(event)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """The key that is pressed is the setting."""
        text = chord_text(event)
        if text is not None:
            self.setText(text)
            self._changed(text)


def chord_text(event: QKeyEvent) -> str | None:
    """The key of an event as settings have it; None for a modifier alone, "" for Backspace."""
    held = frozenset(name for flag, name in _HELD.items() if event.modifiers() & flag)
    if event.key() == Qt.Key.Key_Backspace and not held:
        return ""
    code = event.key()
    name = _NAMED.get(Qt.Key(code)) if code in _NAMED else None
    if name is None and Qt.Key.Key_F1 <= code <= Qt.Key.Key_F24:
        name = f"F{code - Qt.Key.Key_F1 + 1}"
    if name is None and 0x20 < code < 0x10000:
        name = chr(code)
    if name is None:
        return None
    try:
        return hotkeys.shown(Chord(hotkeys.parse(name).key, held))
    except hotkeys.HotkeyError:
        return None


def widget_for(value: object, changed: Callable[[object], None], *, key: bool) -> QWidget:
    """A widget that shows a setting and tells when the user changes it."""
    widget: QWidget
    match value:
        case bool():
            widget = _check_box(changed)
        case StrEnum():
            widget = _choice(type(value), changed)
        case int():
            widget = _count(changed)
        case float():
            widget = _number(changed)
        case _ if key:
            widget = KeyField(changed)
        case _:
            widget = _text(changed)
    put(widget, value)
    return widget


def choice_of_names(names: list[str], changed: Callable[[object], None]) -> QComboBox:
    """A choice of names that may also be written."""
    box = QComboBox()
    box.setEditable(True)
    box.addItems(["", *names])
    box.activated.connect(lambda _: changed(box.currentText()))
    line = box.lineEdit()
    if line is not None:
        line.editingFinished.connect(lambda: changed(box.currentText()))
    return box


def put(widget: QWidget, value: Any) -> None:
    """Shows a value; nobody is told of a change."""
    widget.blockSignals(True)
    match widget:
        case QCheckBox():
            widget.setChecked(value)
        case QComboBox():
            widget.setCurrentText(str(value))
        case QSpinBox() | QDoubleSpinBox():
            widget.setValue(value)
        case QLineEdit() if widget.text() != value:
            widget.setText(value)
    widget.blockSignals(False)


def _check_box(changed: Callable[[object], None]) -> QCheckBox:
    box = QCheckBox()
    box.toggled.connect(changed)
    return box


def _choice(kind: type[StrEnum], changed: Callable[[object], None]) -> QComboBox:
    box = QComboBox()
    box.addItems(list(kind))
    box.currentTextChanged.connect(changed)
    return box


def _count(changed: Callable[[object], None]) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, 16)
    box.valueChanged.connect(changed)
    return box


def _number(changed: Callable[[object], None]) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0.2, 2.0)
    box.setSingleStep(0.1)
    box.valueChanged.connect(changed)
    return box


def _text(changed: Callable[[object], None]) -> QLineEdit:
    line = QLineEdit()
    line.editingFinished.connect(lambda: changed(line.text()))
    return line
