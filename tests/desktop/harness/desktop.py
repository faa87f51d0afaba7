"""Starts and stops a private desktop: Xvfb, a session bus with accessibility, openbox, trayer."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.desktop.harness.waiting import wait_for

ROOT = Path(__file__).parents[3]
STRANGERS = (
    "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "GTK_IM_MODULE", "QT_IM_MODULE", "XMODIFIERS",
    "AT_SPI_BUS_ADDRESS", "XAUTHORITY", "SESSION_MANAGER",
)  # fmt: skip


class Desktop:
    """`environment` is what a program needs to run on it; `home` is a folder of its own."""

    def __init__(self, home: Path, size: str = "1280x800x24") -> None:
        self.home, self.size = home, size
        kept = {name: text for name, text in os.environ.items() if name not in STRANGERS}
        self.environment = {
            **kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "LANG": "C.UTF-8",
            "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"), "NO_AT_BRIDGE": "0", "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for folder in ("run", "config", "data", "cache"):
            (self.home / folder).mkdir(mode=0o700, exist_ok=True)
        try:
            self.environment["DISPLAY"] = self._start_display()
            self.environment["DBUS_SESSION_BUS_ADDRESS"] = self._start_bus()
            self.start("openbox", "--sm-disable")
            self._wait_for_window_manager()
            self.start("trayer", "--edge", "top", "--align", "right", "--height", "24")
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, *command: str, log: Path | None = None) -> subprocess.Popen[bytes]:
        """Start a program here; it ends with the desktop."""
        with (log or self.home / f"{Path(command[0]).name}.log").open("ab") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=self.environment,
            )  # fmt: skip
        self._stack.callback(end, process)
        return process

    def run(self, *command: str) -> str:
        """What a short command prints; it must succeed."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr.strip()}"
        return done.stdout

    def _start_display(self) -> str:
        reading, writing = os.pipe()
        log = self._stack.enter_context((self.home / "Xvfb.log").open("ab"))
        process = subprocess.Popen(
            ("Xvfb", "-displayfd", str(writing), "-screen", "0", self.size, "-nolisten", "tcp",
             "-noreset", "-ac"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=log,
            pass_fds=(writing,),
        )  # fmt: skip
        os.close(writing)
        self._stack.callback(end, process)
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        return f":{number}"

    def _start_bus(self) -> str:
        process = subprocess.Popen(
            ("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=self.environment, text=True,
        )  # fmt: skip
        self._stack.callback(end, process)
        assert process.stdout is not None
        with process.stdout as pipe:
            return pipe.readline().strip()

    def _wait_for_window_manager(self) -> None:
        def managed() -> bool:
            done = subprocess.run(
                ("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"),
                env=self.environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            return "window id" in done.stdout

        wait_for(managed, "the window manager")


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a process that we started, kindly and then surely."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
