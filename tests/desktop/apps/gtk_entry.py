"""A window in GTK 3: an entry, a text area that keeps tabs, a password field.

For the system's Python, which has gi.

Every change of a field is a JSON line in the file that the first argument names.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402


def main() -> None:
    """Show it until somebody ends it."""
    log = Path(sys.argv[1]).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115

    def tell(field: str, text: str) -> None:
        log.write(json.dumps({"field": field, "text": text}) + "\n")

    window = Gtk.Window(title="GTK chat with Ben")
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
    window.add(box)
    messages = Gtk.ListBox(selection_mode=Gtk.SelectionMode.NONE)
    for text in ("Ben: lunch?", "Me: sure, when?", "Ben: half past twelve at the corner"):
        messages.add(Gtk.Label(label=text, xalign=0))
    line, area, password = Gtk.Entry(), Gtk.TextView(), Gtk.Entry(visibility=False)
    password.set_input_purpose(Gtk.InputPurpose.PASSWORD)
    area.set_size_request(500, 60)
    for name, widget in (("line", line), ("password", password)):
        widget.connect("changed", lambda entry, name: tell(name, entry.get_text()), name)
    buffer = area.get_buffer()
    buffer.connect("changed", lambda it: tell("area", it.get_text(*it.get_bounds(), True)))
    for name, widget in (("line", line), ("area", area), ("password", password)):
        widget.connect("focus-in-event", lambda *event: tell("focus", event[-1]), name)
        widget.connect("focus-out-event", lambda *_: tell("focus", ""))
    for widget in (messages, line, area, password):
        box.add(widget)
    window.move(620, 40)
    window.resize(520, 240)
    window.connect("destroy", Gtk.main_quit)
    window.show_all()
    line.grab_focus()
    Gtk.main()


if __name__ == "__main__":
    main()
