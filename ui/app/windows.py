"""The windows, each made when it is first opened: most people never open most of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from quicktype.doctor.check import Check
    from ui.app.link import LinkState
    from ui.core.rules import Rule
    from ui.core.settings import Loaded
    from ui.core.statistics import Statistics
    from ui.qt.first_page import FirstPage
    from ui.qt.settings_window import SettingsWindow
    from ui.qt.statistics_window import StatisticsWindow

    Checks = Callable[[], tuple[Check, ...]]
    Change = Callable[[dict[tuple[str, ...], object], list[Rule] | None], str]


class Windows:
    """At most one of each; main thread only."""

    def __init__(self, checks: Checks, statistics: Statistics, change: Change) -> None:
        self._checks = checks
        self._statistics = statistics
        self._change = change
        self._settings: SettingsWindow | None = None
        self._statistics_window: StatisticsWindow | None = None
        self._first_page: FirstPage | None = None

    def settings(self, loaded: Loaded) -> None:
        """The settings are these now."""
        if self._settings is not None:
            self._settings.fill(loaded)

    def open_settings(self, loaded: Loaded) -> None:
        """Shows the settings."""
        from ui.qt.settings_window import SettingsWindow  # noqa: PLC0415

        if self._settings is None:
            self._settings = SettingsWindow(self._change)
        self._settings.fill(loaded)
        _raise(self._settings)

    def open_statistics(self) -> None:
        """Shows the statistics."""
        from ui.qt.statistics_window import StatisticsWindow  # noqa: PLC0415

        if self._statistics_window is None:
            self._statistics_window = StatisticsWindow(self._statistics)
        self._statistics_window.fill()
        _raise(self._statistics_window)

    def open_first_page(self) -> None:
        """Shows what works here."""
        from ui.qt.first_page import FirstPage  # noqa: PLC0415

        if self._first_page is None:
            self._first_page = FirstPage(self._checks)
        self._first_page.examine()
        _raise(self._first_page)

    def open_about(self, link: LinkState) -> None:
        """Says what this is."""
        from ui.qt.about import about  # noqa: PLC0415

        about(link)


def _raise(window: QWidget) -> None:
    window.show()
    window.raise_()
    window.activateWindow()
