"""What is the one form of a package's zip file? Written so that each byte is fixed by names and contents, and read so strictly.

Members are stored, not compressed (so nothing can swell when it is unpacked), plain ASCII names under one folder,
no dates, no extra fields, no comments, nothing between members. Whoever reads builds every header anew and
compares it: a file in which any byte differs is no package. Files of 4 GB and more do not occur; a package may
be larger and may hold any number of files (zip64 then, and only then).
"""

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import SEEK_CUR
from typing import BinaryIO
from zlib import crc32

CHUNK = 1 << 20
#: Longest name of a member, in bytes.
MAX_NAME = 400
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)+")
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"
_DAY = 0x21  # 1 January 1980, the first day that the format knows
_MADE_BY, _RIGHTS = 3 << 8, 0o100644 << 16  # as on Unix: readable by all, writable by its owner
_VERSION, _VERSION64 = 20, 45
_SHORT, _LONG = 0xFFFF, 0xFFFFFFFF
_LOCAL_SIZE = 30


class NotCanonical(ValueError):
    """The file is not a zip file of this form; says why in Vietnamese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file inside."""

    name: str  #: with the folder around it
    offset: int  #: of its content
    size: int
    crc: int
    sha256: str

    @property
    def header(self) -> int:
        """Where its header begins."""
        return self.offset - _LOCAL_SIZE - len(self.name)


def is_fair_name(name: str) -> bool:
    """Whether a member may have this name: ASCII, at least one folder deep, no part that leads elsewhere."""
    return len(name) <= MAX_NAME and _NAME.fullmatch(name) is not None


class ZipWriter:
    """Write members one after the other into a seekable file; contents are never held whole."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._members: list[Member] = []
        self._names: set[str] = set()

    def add(self, name: str, chunks: Iterable[bytes]) -> Member:
        """Write one member; `ValueError` for a name that is unfair or taken, or 4 GB and more."""
        if not is_fair_name(name) or name in self._names:
            raise ValueError(name)
        start = self._target.tell()
        self._target.write(_local(name, 0, 0))
        crc, size, digest = 0, 0, sha256()
        for chunk in chunks:
            self._target.write(chunk)
            crc, size = crc32(chunk, crc), size + len(chunk)
            digest.update(chunk)
        if size >= _LONG:
            raise ValueError(f"{name}: {size} bytes")
        end = self._target.tell()
        self._target.seek(start)
        self._target.write(_local(name, size, crc))
        self._target.seek(end)
        member = Member(
            name=name, offset=start + _LOCAL_SIZE + len(name), size=size, crc=crc, sha256=digest.hexdigest()
        )
        self._members.append(member)
        self._names.add(name)
        return member

    def close(self) -> None:
        """Write the directory; the file itself stays open."""
        for part in _tail(self._members, self._target.tell()):
            self._target.write(part)


def read_members(source: BinaryIO) -> Iterator[Member]:
    """Every member in its place, hashed while read; `NotCanonical` at the first byte that is not as it must be.

    The directory is compared after the last member, so only a reader who comes to the end knows that all is well.
    """
    members: list[Member] = []
    names: set[str] = set()
    source.seek(0)
    while (mark := source.read(4)) == _LOCAL:
        member = _member(source)
        if member.name in names:
            raise NotCanonical(f"gói có hai tệp cùng tên: {member.name}")
        names.add(member.name)
        members.append(member)
        yield member
    source.seek(-len(mark), SEEK_CUR)
    _check_tail(source, members)


def read_content(source: BinaryIO, member: Member) -> bytes:
    """The content of a member that was read before."""
    source.seek(member.offset)
    return source.read(member.size)


def _member(source: BinaryIO) -> Member:
    rest = source.read(_LOCAL_SIZE - 4)
    if len(rest) < _LOCAL_SIZE - 4:
        raise NotCanonical("gói bị cắt cụt")
    crc, size, _, length = struct.unpack("<10xLLLH2x", rest)
    raw = source.read(length) if length <= MAX_NAME else b""
    name = raw.decode("ascii", "replace")
    if not is_fair_name(name):
        raise NotCanonical("gói có tên tệp không hợp lệ")
    offset = source.tell()
    if _LOCAL + rest + raw != _local(name, size, crc):
        raise NotCanonical(f"phần đầu của {name} trong gói đã bị thay đổi")
    found, left, digest = 0, size, sha256()
    while left:
        chunk = source.read(min(CHUNK, left))
        if not chunk:
            raise NotCanonical("gói bị cắt cụt")
        found, left = crc32(chunk, found), left - len(chunk)
        digest.update(chunk)
    if found != crc:
        raise NotCanonical(f"nội dung của {name} đã bị thay đổi")
    return Member(name=name, offset=offset, size=size, crc=crc, sha256=digest.hexdigest())


def _check_tail(source: BinaryIO, members: list[Member]) -> None:
    for part in _tail(members, source.tell()):
        if source.read(len(part)) != part:
            raise NotCanonical("mục lục của tệp nén đã bị thay đổi")
    if source.read(1):
        raise NotCanonical("gói có dữ liệu lạ ở cuối")


def _local(name: str, size: int, crc: int) -> bytes:
    fields = struct.pack("<5H3L2H", _VERSION, 0, 0, 0, _DAY, crc, size, size, len(name), 0)
    return _LOCAL + fields + name.encode("ascii")


def _central(member: Member) -> bytes:
    far = member.header >= _LONG
    extra = struct.pack("<2HQ", 1, 8, member.header) if far else b""
    version = _VERSION64 if far else _VERSION
    head = struct.pack("<6H3L", _MADE_BY | version, version, 0, 0, 0, _DAY, member.crc, member.size, member.size)
    place = struct.pack("<5H2L", len(member.name), len(extra), 0, 0, 0, _RIGHTS, _LONG if far else member.header)
    return _CENTRAL + head + place + member.name.encode("ascii") + extra


def _tail(members: list[Member], start: int) -> Iterator[bytes]:
    """The directory of members whose contents end at `start`, and the end of the file."""
    size = 0
    for member in members:
        entry = _central(member)
        size += len(entry)
        yield entry
    count = len(members)
    if count >= _SHORT or start >= _LONG or size >= _LONG:
        sizes = struct.pack("<Q2H2L4Q", 44, _MADE_BY | _VERSION64, _VERSION64, 0, 0, count, count, size, start)
        yield _END64 + sizes + _LOCATOR64 + struct.pack("<LQL", 0, start + size, 1)
    short = min(count, _SHORT)
    yield _END + struct.pack("<4H2LH", 0, 0, short, short, min(size, _LONG), min(start, _LONG), 0)
