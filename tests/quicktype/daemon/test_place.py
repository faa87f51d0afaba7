"""The socket lies where nobody else can reach it, or nowhere."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from quicktype.daemon.place import SocketError, claimed
from quicktype.peer import peer_uid


def refusal(path: Path) -> str:
    with pytest.raises(SocketError) as caught, claimed(path):
        pass
    return str(caught.value)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_socket_and_folder_are_the_users_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        with claimed(path):
            assert mode(path) == 0o600
            assert mode(path.parent) == 0o700
            assert mode(path.with_name("daemon.sock.lock")) == 0o600
    finally:
        os.umask(before)


def test_the_umask_is_as_before(path: Path) -> None:
    before = os.umask(0o027)
    try:
        with claimed(path):
            now = os.umask(0o027)
    finally:
        os.umask(before)
    assert now == 0o027


def test_it_is_free_again_afterwards(path: Path) -> None:
    for _ in range(2):
        with claimed(path):
            assert path.is_socket()
        assert not path.exists()


def test_two_cannot_have_it(path: Path) -> None:
    with claimed(path):
        said = refusal(path)
        assert f"pid {os.getpid()}" in said
        assert "quicktype stop" in said
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


def test_a_socket_left_behind_is_replaced(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with claimed(path), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


@pytest.mark.parametrize("permissions", [0o777, 0o770, 0o702, 0o1777])
def test_a_folder_that_others_can_write_to_is_refused(path: Path, permissions: int) -> None:
    path.parent.mkdir()
    path.parent.chmod(permissions)
    assert "others can write" in refusal(path)
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_is_a_symbolic_link_is_refused(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    path.parent.symlink_to(tmp_path / "elsewhere")
    assert "symbolic link" in refusal(path)


def test_a_folder_of_somebody_else_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "quicktype.daemon.place.os.getuid", lambda: path.parent.parent.stat().st_uid + 1
    )
    assert "somebody else" in refusal(path)


def test_a_file_in_its_place_is_refused_and_kept(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_text("precious")
    assert "is no socket" in refusal(path)
    assert path.read_text() == "precious"


def test_a_symbolic_link_in_its_place_is_refused_and_kept(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    path.symlink_to(path.parent / "target")
    assert "is no socket" in refusal(path)
    assert path.is_symlink()


def test_a_symbolic_link_in_the_locks_place_is_refused(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    target = path.parent / "target"
    target.write_text("precious")
    path.with_name("daemon.sock.lock").symlink_to(target)
    assert "cannot listen" in refusal(path)
    assert target.read_text() == "precious"


def test_a_path_that_no_socket_can_have_is_refused(tmp_path: Path) -> None:
    assert "too long" in refusal(tmp_path / ("x" * 100))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot listen" in refusal(tmp_path / "file" / "run" / "daemon.sock")


def test_the_peer_of_a_socket_pair_is_ourselves() -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert peer_uid(one) == os.getuid()
