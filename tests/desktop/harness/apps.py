"""Starts the apps and tells what is in their fields."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from Xlib import X, Xutil, display, error
from Xlib.protocol import event

from tests.desktop.harness.desktop import Desktop, end
from tests.desktop.harness.pictures import Area
from tests.desktop.harness.waiting import wait_for

APPS = Path(__file__).parents[1] / "apps"


class Told:
    """What an app told about its fields, newest last."""

    def __init__(self, log: Path) -> None:
        self.log = log
        log.touch()

    def all(self, field: str) -> list[str]:
        lines = self.log.read_text(encoding="utf-8").splitlines()
        told = [json.loads(line) for line in lines if line.endswith("}")]
        return [entry["text"] for entry in told if entry["field"] == field]

    def last(self, field: str) -> str:
        return (self.all(field) or [""])[-1]

    def wait(self, field: str, text: str, seconds: float = 10.0) -> None:
        """Wait until the field holds this."""
        try:
            wait_for(lambda: self.last(field) == text, "a text", seconds)
        except AssertionError:
            assert self.last(field) == text
            raise


class RunningApp:
    """An app with its window; `told` knows what its fields hold."""

    def __init__(self, desktop: Desktop, process: subprocess.Popen[bytes], told: Told, title: str):
        self.desktop, self.process, self.told, self.title = desktop, process, told, title
        self.display = display.Display(desktop.environment["DISPLAY"])
        self.window = wait_for(self._window, f"the window {title!r}", 60)

    def activate(self) -> None:
        """Give its window the focus, as a click on the taskbar would."""
        assert self.process.poll() is None, f"{self.title!r} ended: {self.process.returncode}"
        root = self.display.screen().root
        atom = self.display.intern_atom("_NET_ACTIVE_WINDOW")
        message = event.ClientMessage(
            window=self.window, client_type=atom, data=(32, [2, X.CurrentTime, 0, 0, 0])
        )
        root.send_event(message, X.SubstructureRedirectMask | X.SubstructureNotifyMask)

        def active() -> bool:
            found = root.get_full_property(atom, X.AnyPropertyType)
            return found is not None and found.value[0] == self.window.id

        self.display.flush()
        wait_for(active, f"the focus in {self.title!r}")

    def area(self) -> Area:
        """Where its window is on the screen."""
        size = self.window.get_geometry()
        place = self.display.screen().root.translate_coords(self.window, 0, 0)
        return Area(place.x, place.y, size.width, size.height)

    def close(self) -> None:
        end(self.process)
        self.display.close()

    def _window(self) -> Any:
        root = self.display.screen().root
        names = self.display.intern_atom("_NET_CLIENT_LIST")
        clients = root.get_full_property(names, X.AnyPropertyType)
        for number in clients.value if clients else ():
            window = self.display.create_resource_object("window", number)
            try:
                name = window.get_full_text_property(self.display.intern_atom("_NET_WM_NAME"))
                name = name or window.get_wm_name()
                if name and self.title in name and window.get_wm_state().state == Xutil.NormalState:
                    return window
            except (error.BadWindow, AttributeError):
                continue  # it went away, or has no state yet
        return None


def start_qt_chat(desktop: Desktop) -> RunningApp:
    told = Told(desktop.home / "qt_chat.jsonl")
    process = desktop.start(
        sys.executable, "-P", str(APPS / "qt_chat.py"), str(told.log),
        log=desktop.home / "qt_chat.log",
    )  # fmt: skip
    return RunningApp(desktop, process, told, "Qt chat with Maria")


def start_gtk_entry(desktop: Desktop) -> RunningApp:
    told = Told(desktop.home / "gtk_entry.jsonl")
    process = desktop.start(
        "/usr/bin/python3", "-P", str(APPS / "gtk_entry.py"), str(told.log),
        log=desktop.home / "gtk_entry.log",
    )  # fmt: skip
    return RunningApp(desktop, process, told, "GTK chat with Ben")


class WebChat:
    """Serves the web chat on localhost and takes what it tells."""

    def __init__(self, told: Told) -> None:
        page = (APPS / "web_chat.html").read_bytes()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(page)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with told.log.open("ab") as log:
                    log.write(body + b"\n")
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def start_chromium(desktop: Desktop, page: str, told: Told) -> RunningApp:
    process = desktop.start(
        "chromium", "--no-sandbox", "--no-first-run",
        f"--user-data-dir={tempfile.mkdtemp(prefix='chromium-', dir=desktop.home)}",
        "--no-default-browser-check", "--disable-gpu", "--disable-dev-shm-usage",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--password-store=basic", "--window-position=20,300", "--window-size=900,460", page,
        log=desktop.home / "chromium.log",
    )  # fmt: skip
    return RunningApp(desktop, process, told, "Web chat with Maria")


def start_xterm(desktop: Desktop) -> RunningApp:
    """A terminal that writes what it is given into a file, key by key."""
    told = Told(desktop.home / "xterm.txt")
    script = f"stty raw -echo; exec cat > {told.log}"
    process = desktop.start(
        "xterm", "-u8", "-T", "Terminal", "-geometry", "60x8+620+560", "-e", "sh", "-c", script
    )
    return RunningApp(desktop, process, told, "Terminal")
