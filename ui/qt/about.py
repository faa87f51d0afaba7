"""What this is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from quicktype import __version__
from ui.app.status import Kind
from ui.qt.icons import icon

if TYPE_CHECKING:
    from ui.app.link import LinkState


def about_text(link: LinkState) -> str:
    """The version, the model, and what is promised."""
    model = link.model
    known = f"{model.name}, {model.parameters / 1e6:.1f} million parameters" if model else "none"
    return (
        f"<b>quicktype {__version__}</b><p>Completes what you type in chats, with a small language "
        f"model on this machine. Nothing you type leaves it.<p>Model: {known}"
    )


def about(link: LinkState) -> QMessageBox:
    """Shows it; gives the window."""
    box = QMessageBox(QMessageBox.Icon.NoIcon, "About quicktype", about_text(link))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIconPixmap(icon(Kind.READY).pixmap(64, 64))
    box.setModal(False)
    box.show()
    return box
