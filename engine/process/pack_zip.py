"""Which files does an uploaded archive hold? Read without writing anything, every trick of archives refused; and the way back."""

import stat
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Final
from zlib import error as ZlibError  # noqa: N812  # the library's name is lower case

from engine.errors import BadPack, Finding
from engine.process.pack_files import MAX_FILE, MAX_FILES, MAX_PACK, MODEL, SHARED, belongs

_NOTES: Final = (".md", ".txt")
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1


def read_zip(content: bytes, name: str) -> tuple[str, dict[str, bytes]]:
    """The key and the files of a model in a ZIP archive of that file name; raise `BadPack` with what is wrong.

    The model lies at the top or in one folder, which then gives the key; `_shared/` may lie beside it. Notes and hidden
    files are passed over. Refused: names that lead elsewhere, links, encryption, other compression, two files of one
    name, more than a model may hold (measured while unpacking, whatever the archive says).
    """
    if len(content) > MAX_PACK:
        raise BadPack([_about(name, "Tệp nén quá lớn: một gói có tối đa 10 MB.")])
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            files = _unpacked(archive)
    except NotImplementedError:
        raise BadPack(
            [_about(name, "Không đọc được tệp nén: cách nén hoặc phiên bản ZIP không được hỗ trợ.")]
        ) from None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, ZlibError, EOFError, OSError):
        raise BadPack([_about(name, "Không đọc được tệp nén: tệp không phải ZIP hoặc đã hỏng.")]) from None
    except ValueError as error:
        raise BadPack([_about(name, "Tệp nén có tên tệp không đọc được.")]) from error
    return _placed(files, name)


def write_zip(key: str, files: Mapping[str, bytes]) -> bytes:
    """A model's files as an archive that `read_zip` takes: its own in the folder `key`, shared ones beside it."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(name if name.startswith(f"{SHARED}/") else f"{key}/{name}", files[name])
    return out.getvalue()


def _unpacked(archive: zipfile.ZipFile) -> dict[str, bytes]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(archive.infolist()) > 2 * MAX_FILES:
        raise BadPack([_about("", f"Tệp nén có hơn {MAX_FILES} tệp.")])
    if findings := [_about(_shown(m.filename), reason) for m in members if (reason := _trick(m))]:
        raise BadPack(findings)
    files: dict[str, bytes] = {}
    size = 0
    for member in members:
        path = member.filename
        if _passed_over(path):
            continue
        if path in files:
            raise BadPack([_about(path, "Tệp nén có hai tệp cùng tên.")])
        with archive.open(member) as file:
            files[path] = file.read(MAX_FILE + 1)
        size += len(files[path])
        if len(files[path]) > MAX_FILE or size > MAX_PACK or len(files) > MAX_FILES:
            raise BadPack([_about(path, "Gói quá lớn: mỗi tệp tối đa 2 MB, cả gói 10 MB và 300 tệp.")])
    return files


def _trick(member: zipfile.ZipInfo) -> str:
    path = member.filename
    parts = path.split("/")
    if (
        path.startswith("/")
        or "\\" in path
        or ":" in path
        or "\0" in path
        or not all(parts)
        or {".", ".."} & set(parts)
    ):
        return "Đường dẫn trong tệp nén không hợp lệ."
    if stat.S_ISLNK(member.external_attr >> 16):
        return "Tệp nén không được chứa liên kết."
    if member.flag_bits & _ENCRYPTED:
        return "Tệp nén có mật khẩu."
    if member.compress_type not in _METHODS:
        return "Cách nén không được hỗ trợ (chỉ nhận deflate)."
    return ""


def _passed_over(path: str) -> bool:
    parts = path.split("/")
    return any(part.startswith(".") or part == "__MACOSX" for part in parts) or path.lower().endswith(_NOTES)


def _placed(files: dict[str, bytes], name: str) -> tuple[str, dict[str, bytes]]:
    """Take the folder around the model away; what lies elsewhere does not belong."""
    if MODEL in files:
        key, inside = name.removesuffix(".zip"), files
    else:
        folders = sorted(
            {path.rpartition("/")[0] for path in files if path.endswith(f"/{MODEL}") and path.count("/") == 1}
        )
        if len(folders) != 1:
            raise BadPack([_about(name, "Tệp nén cần đúng một mô hình: model.toml ở gốc hoặc trong một thư mục.")])
        (key,) = folders
        inside = {path.removeprefix(f"{key}/"): content for path, content in files.items()}
    # An archive may bring the tables that judge it, never those of the installation under another name.
    if findings := [
        _about(_shown(path), "Tệp không thuộc gói mô hình (xem bpmn/README.md).")
        for path in inside
        if not belongs(path)
    ]:
        raise BadPack(findings)
    return key, {path: content for path, content in inside.items() if not _is_table(path)}


def _is_table(path: str) -> bool:
    return path.startswith(f"{SHARED}/") and path.endswith(".toml")


def _shown(path: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in path)[:120]


def _about(file: str, reason: str) -> Finding:
    return Finding(file=file, line=0, element="", reason=reason)
