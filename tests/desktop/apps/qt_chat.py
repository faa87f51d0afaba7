"""A chat window in Qt: a list of messages, a line and a text area to type in, a password field.

Every change of a field is a JSON line in the file that the first argument names.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QStringListModel
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QListView,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

MESSAGES = [
    "Maria: are we still on for friday?",
    "Me: yes, at the usual place",
    "Maria: great, should I book the table for six or for seven people?",
]


class Line(QLineEdit):
    """A line that tells where its caret really is."""

    def caret_x(self) -> int:
        """The middle of the caret, on the screen."""
        return self.mapToGlobal(self.cursorRect().center()).x()


class ChatWindow(QWidget):
    """The window; Enter in the line sends it."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self.log = log.open("a", encoding="utf-8", buffering=1)
        self.setWindowTitle("Qt chat with Maria")
        self.model = QStringListModel(MESSAGES)
        self.messages = QListView()
        self.messages.setModel(self.model)
        self.line, self.area, self.password = Line(), QTextEdit(), QLineEdit()
        self.line.setFont(QFont("DejaVu Sans", 13))
        self.area.setFont(QFont("DejaVu Sans", 16))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        layout = QVBoxLayout(self)
        for widget in (self.messages, self.line, self.area, self.password):
            layout.addWidget(widget)
        self.line.textChanged.connect(lambda text: self.tell("line", text))
        self.line.cursorPositionChanged.connect(
            lambda *_: self.tell("caret", str(self.line.caret_x()))
        )
        self.area.textChanged.connect(lambda: self.tell("area", self.area.toPlainText()))
        self.password.textChanged.connect(lambda text: self.tell("password", text))
        self.line.returnPressed.connect(self.send)

    def send(self) -> None:
        """Say it."""
        self.model.setStringList([*self.model.stringList(), f"Me: {self.line.text()}"])
        self.line.clear()

    def tell(self, field: str, text: str) -> None:
        """Write down what a field holds."""
        self.log.write(json.dumps({"field": field, "text": text}) + "\n")

    def focused(self, widget: QWidget | None) -> None:
        """Write down which field has the focus."""
        names = {id(self.line): "line", id(self.area): "area", id(self.password): "password"}
        self.tell("focus", names.get(id(widget), "other" if widget else ""))


def main() -> None:
    """Show it until somebody ends it."""
    app = QApplication(sys.argv)
    app.setApplicationName("qtchat")
    window = ChatWindow(Path(sys.argv[1]))
    app.focusChanged.connect(lambda _, widget: window.focused(widget))
    window.setGeometry(20, 40, 560, 420)
    window.show()
    window.line.setFocus()
    app.exec()


if __name__ == "__main__":
    main()
