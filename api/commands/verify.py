"""Is a document, or a package for the archive, genuine and unchanged? Asked from any folder, without network or database."""

import argparse
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from api.commands.saying import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

#: Which answer counts when several files are asked about: changed before unknown before accepted.
_WORST = (0, 2, 1)
#: A PDF is read whole; larger files are no documents of ours.
MAX_PDF = 500 * 1024 * 1024


class Report(Protocol):
    """What a file was found to be."""

    def exit_code(self, *, strict: bool = False) -> int: ...
    def lines(self) -> tuple[str, ...]: ...


def verify(options: argparse.Namespace) -> int:
    """Say what each file proves; 0 accepted, 1 changed, 2 unknown issuer."""
    try:
        trusted = _trusted(options.trust)
    except (OSError, ValueError) as error:
        say(f"Không đọc được danh sách chứng thư gốc tin cậy: {error}")
        return 1
    codes = [_one(path, trusted, strict=options.strict, named=len(options.paths) > 1) for path in options.paths]
    return max(codes, key=_WORST.index)


def _one(path: Path, trusted: "Sequence[x509.Certificate]", *, strict: bool, named: bool) -> int:
    if named:
        print(f"{path}:")
    try:
        report = _report(path, trusted)
    except OSError as error:
        print(f"Không đọc được {path}: {error.strerror or error}")
        return 1
    for line in report.lines():
        print(f"  {line}" if named else line)
    code = report.exit_code(strict=strict)
    if strict and code and report.exit_code() != code:
        print("Không được chấp nhận: --strict đòi chứng thư do tổ chức tin cậy cấp.")
    return code


def _report(path: Path, trusted: "Sequence[x509.Certificate]") -> Report:
    from documents.bag_verify import verify_package
    from documents.verify import verify_pdf

    if path.is_dir() or _is_package(path):
        return verify_package(path, trusted)
    with path.open("rb") as file:
        return verify_pdf(file.read(MAX_PDF), trusted)


def _is_package(path: Path) -> bool:
    # One changed byte at either end must not make a package look like a PDF.
    with path.open("rb") as file:
        head = file.read(5)
    return not head.startswith(b"%PDF") and (head[:2] == b"PK" or path.suffix == ".zip" or zipfile.is_zipfile(path))


def _trusted(given: Path | None) -> "tuple[x509.Certificate, ...]":
    """The roots of the given file, else of the installation's list, else none."""
    from documents.verify import load_trusted

    path = given or (Path(os.environ["CHUKY_TRUST"]) if os.environ.get("CHUKY_TRUST") else None)
    return load_trusted(path.read_bytes()) if path is not None else ()
