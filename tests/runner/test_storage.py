"""Is a file kept once, found by its hash, and never handed out when it has changed?"""

import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from engine.errors import ArchiveFailed, Corrupt, NotFound
from engine.runner.storage import FolderArchive

PAPER = "Quyết định số 05-QĐ/ĐTN".encode()
HASH = sha256(PAPER).hexdigest()


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_file_is_kept_once_under_its_hash(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    assert [archive.put(PAPER), archive.put(PAPER), FolderArchive(tmp_path).get(HASH)] == [HASH, HASH, PAPER]
    assert files(tmp_path) == [f"{HASH[:2]}/{HASH[2:4]}/{HASH}"]


def test_a_half_written_file_is_written_again(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    archive.put(PAPER)
    (tmp_path / HASH[:2] / HASH[2:4] / HASH).write_bytes(PAPER[:5])
    archive.put(PAPER)
    assert archive.get(HASH) == PAPER


def test_a_changed_file_is_corrupt_and_not_handed_out(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    archive.put(PAPER)
    (tmp_path / HASH[:2] / HASH[2:4] / HASH).write_bytes(PAPER.replace(b"5", b"6"))
    with pytest.raises(Corrupt):
        archive.get(HASH)


def test_what_a_killed_write_left_behind_is_swept_after_a_day_and_nothing_else(tmp_path: Path) -> None:
    archive, now = FolderArchive(tmp_path), datetime(2027, 11, 19, 3, 30, tzinfo=UTC)
    archive.put(PAPER)
    folder = tmp_path / HASH[:2] / HASH[2:4]
    names = {".old.part": 25, ".fresh.part": 23, "kept.part": 25, ".other": 25, HASH: 25}
    for name, hours in names.items():
        (folder / name).touch()
        os.utime(folder / name, times=((now - timedelta(hours=hours)).timestamp(),) * 2)
    (tmp_path / ".top.part").touch()
    os.utime(tmp_path / ".top.part", times=(0, 0))
    assert [archive.sweep(now - timedelta(days=1)), archive.sweep(now - timedelta(days=1))] == [1, 0]
    assert {path.name for path in folder.iterdir()} == set(names) - {".old.part"}
    assert (archive.get(HASH), (tmp_path / ".top.part").exists()) == (PAPER, True)
    assert FolderArchive(tmp_path / "khong-co").sweep(now) == 0


@pytest.mark.parametrize("asked", ["0" * 64, "../../etc/passwd", "", HASH.upper(), HASH + "\n"])
def test_what_is_no_kept_hash_is_not_found(tmp_path: Path, asked: str) -> None:
    with pytest.raises(NotFound):
        FolderArchive(tmp_path).get(asked)


def test_a_disk_that_cannot_be_written_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ArchiveFailed) as failure:
        FolderArchive(tmp_path / "file").put(PAPER)
    assert failure.value.retry_after == 60
    with pytest.raises(ArchiveFailed):
        FolderArchive(tmp_path / "file").check_writable()


def test_a_kept_file_can_be_read_by_the_group_and_by_nobody_else(tmp_path: Path) -> None:
    FolderArchive(tmp_path).put(PAPER)
    assert oct(os.stat(tmp_path / HASH[:2] / HASH[2:4] / HASH).st_mode & 0o777) == "0o640"
