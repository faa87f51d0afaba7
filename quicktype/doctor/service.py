"""The daemon, where it listens, and what it may keep."""

from __future__ import annotations

import os
import shlex
import stat
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from quicktype import __version__, paths
from quicktype.client import Client, DaemonError, NoDaemonError
from quicktype.doctor.check import Check, State

if TYPE_CHECKING:
    from quicktype.doctor.check import Notify
    from quicktype.protocol import StatusReport

_PATIENCE_S = 3.0
_SLOW_P95_MS = 250.0


def socket(_notify: Notify) -> Check:
    """Whether the socket's folder is ours alone."""
    from quicktype.daemon.place import fault_of

    folder = paths.socket_path().parent
    if not folder.exists():
        return Check("socket", State.OK, f"{folder} will be made by the daemon")
    fault = fault_of(folder)
    if fault is not None:
        ours = folder.lstat().st_uid == os.getuid() and not folder.is_symlink()
        remedy = f"chmod 700 {shlex.quote(str(folder))}" if ours else None
        return Check("socket", State.FAIL, fault, remedy)
    mode = stat.S_IMODE(folder.stat().st_mode)
    return Check("socket", State.OK, f"{folder} is yours alone ({mode:04o})")


def daemon(_notify: Notify) -> Check:
    """Whether a daemon runs, answers, and is this version's."""
    try:
        with Client(timeout=_PATIENCE_S) as client:
            server = client.hello("doctor").server
            begun = perf_counter()
            report = client.status()
            answered_ms = 1000 * (perf_counter() - begun)
    except NoDaemonError:
        return Check("daemon", State.WARN, "no daemon runs", "quicktype start")
    except DaemonError as error:
        return Check("daemon", State.FAIL, str(error), "quicktype stop")
    facts = replace(report, id=None).to_json() | {"answered_ms": round(answered_ms, 2)}
    found = (
        f"pid {report.pid} with {report.model} answers in {answered_ms:.1f} ms, "
        f"{report.memory_mb:.0f} MB; {_latency(report)}"
    )
    if server != f"quicktype {__version__}":
        found = f"the daemon that runs is {server}, this is quicktype {__version__}"
        return Check("daemon", State.WARN, found, "quicktype stop && quicktype start", facts)
    slow = report.latency_ms.p95 > _SLOW_P95_MS
    return Check("daemon", State.WARN if slow else State.OK, found, facts=facts)


def _latency(report: StatusReport) -> str:
    if not report.requests:
        return "nothing was asked yet"
    latency = report.latency_ms
    return f"suggestions take {latency.p50:.0f} ms (p95 {latency.p95:.0f}, {report.requests} asked)"


def learning(_notify: Notify) -> Check:
    """Whether what is typed may be kept; either is fine."""
    try:
        with Client(timeout=_PATIENCE_S) as client:
            on = client.status().learning
    except DaemonError:
        return Check("learning", State.OK, "no daemon runs: nothing that is typed is kept")
    found = "on: what is typed is kept on this machine" if on else "off: nothing typed is kept"
    return Check("learning", State.OK, found, facts={"learning": on})
