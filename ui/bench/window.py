"""A window with a line to type in, as a process: the app that the benchmark types into."""

from __future__ import annotations

import sys
import threading

from PySide6.QtWidgets import QApplication, QLineEdit


def main() -> int:
    """Shows it, writes the window's X number to standard output, and ends with standard input."""
    app = QApplication(["chat window"])
    app.setApplicationName("chat window")
    line = QLineEdit()
    line.setWindowTitle("chat window")
    font = line.font()
    font.setPixelSize(16)
    line.setFont(font)
    line.setGeometry(60, 60, 700, 40)
    line.show()
    print(int(line.winId()), flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), app.quit()), daemon=True).start()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
