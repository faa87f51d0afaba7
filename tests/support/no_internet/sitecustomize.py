"""With this folder on PYTHONPATH, a process that opens an internet socket says so and fails."""

import os
import socket
import sys
from pathlib import Path

_INTERNET = (socket.AF_INET, socket.AF_INET6)


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    opens = event == "socket.__new__" and arguments[1] in _INTERNET
    if opens or event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        with Path(os.environ["QUICKTYPE_TEST_INTERNET_LOG"]).open("a", encoding="utf-8") as log:
            log.write(f"{sys.argv}: {event}\n")
        raise PermissionError("an internet socket was opened")


sys.addaudithook(_watch)
