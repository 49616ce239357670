"""What does a signed decision cost? With fonts, styles and keys kept between documents, and with nothing kept.

Beside it what the annex of a large decision costs on top of bare WeasyPrint, and what other programs take for the same
pages where they are installed.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bench.measure import least
from documents.formats import profile_of
from documents.keys import LoadedKey, SigningKey, TestKeys
from documents.layout import sheet_of
from documents.pdf import PaperRenderer, font_config, markup_of, pdf_of
from documents.signing import PaperSigner
from documents.word import docx_of
from engine.ports.outside import SignerName
from engine.rules.papers import Paper, cleaned
from tests.documents import samples

_AT = datetime(2027, 11, 29, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """CPU seconds of the process, its children included."""

    tuned: float  #: one page, rendered as PDF/A and signed twice
    naive: float
    whole: float  #: the same with its Word file, as a worker makes it
    annex: float  #: a decision with `rows` rows as PDF/A
    bare: float  #: the same pages by WeasyPrint as it comes, with its tags
    others: dict[str, float]  #: the same pages by other programs
    rows: int


def measure(folder: Path, *, rounds: int, rows: int) -> Papers:
    """Make the same decision in all ways, in turn."""
    paper = cleaned(numbered(1))
    kept = PaperSigner(TestKeys(folder))
    issued(paper, kept)  # keys are made and libraries loaded: neither way pays for that

    def naive() -> float:
        def work() -> None:
            _forget()
            _signed(pdf_of(paper), paper, PaperSigner(_NothingKept(folder)))

        return _cpu(work)

    ways = {
        "naive": naive,
        "tuned": lambda: _cpu(lambda: _signed(pdf_of(paper), paper, kept)),
        "whole": lambda: _cpu(lambda: issued(paper, kept)),
    }
    found = least(ways, rounds)
    long = cleaned(samples.decision(rows))
    annex = {"annex": lambda: _cpu(lambda: pdf_of(long)), "bare": lambda: _cpu(lambda: _bare(long))}
    large = least(annex, max(1, rounds // 3))
    return Papers(**found, **large, others=_others(long), rows=rows)


class _NothingKept(TestKeys):
    """Keys as simple code uses them: the file is opened, and the key loaded and checked, for every signature."""

    def person(self, signer: SignerName, organisation: str) -> SigningKey:
        return _LoadedEachTime(super().person(signer, organisation))

    def organisation(self, name: str) -> SigningKey:
        return _LoadedEachTime(super().organisation(name))


class _LoadedEachTime:
    def __init__(self, key: SigningKey) -> None:
        assert isinstance(key, LoadedKey)
        self.certificate: x509.Certificate = key.certificate
        self.chain = key.chain
        self._der = key.private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def sign(self, data: bytes) -> bytes:
        private = serialization.load_der_private_key(self._der, None)
        assert isinstance(private, rsa.RSAPrivateKey)
        return private.sign(data, padding.PKCS1v15(), hashes.SHA256())


def issued(paper: Paper, signer: PaperSigner) -> bytes:
    """The signed PDF of a paper, its Word file made beside it."""
    return _signed(PaperRenderer().render(paper).pdf, paper, signer)


def _signed(pdf: bytes, paper: Paper, signer: PaperSigner) -> bytes:
    signature = paper.signatures[0]
    person = SignerName(id=signature.name, name=signature.name, position=signature.position)
    organisation = samples.ORGANISATION if paper.sealed else None
    return signer.sign(pdf, person=person, organisation=organisation, at=_AT)


def _bare(paper: Paper) -> bytes:
    """The same markup and styles by WeasyPrint alone: no attachment, no fields, no checks."""
    from weasyprint import HTML

    from documents.pdf import _annex_css, _profile_css, fetch

    profile = profile_of(paper)
    sheet = sheet_of(paper, profile)
    page = HTML(string=markup_of(paper, sheet, profile), url_fetcher=fetch, base_url="nowhere:")
    styles = [_profile_css(profile, sheet.notices), *_annex_css(sheet)]
    made: bytes = page.write_pdf(stylesheets=styles, font_config=font_config(), pdf_variant="pdf/a-3a")
    return made


def _others(paper: Paper) -> dict[str, float]:
    """CPU seconds of the programs that are on this machine."""
    with TemporaryDirectory(prefix="chuky-bench-") as folder:
        word, page = Path(folder) / "a.docx", Path(folder) / "a.html"
        word.write_bytes(docx_of(paper))
        page.write_text(_plain_page(paper), "utf-8")
        found = {}
        if shutil.which("soffice"):
            profile = f"-env:UserInstallation=file://{folder}/office"
            found["LibreOffice, from our Word file"] = _child(
                ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, str(word)]
            )
        browser = next((name for name in ("chromium", "chromium-browser", "google-chrome") if shutil.which(name)), "")
        if browser:
            options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/chrome"]
            found["Chromium, from our markup"] = _child(
                [browser, *options, f"--print-to-pdf={folder}/b.pdf", page.as_uri()]
            )
        return found


def _plain_page(paper: Paper) -> str:
    profile = profile_of(paper)
    return markup_of(paper, sheet_of(paper, profile), profile)


def _child(command: list[str]) -> float:
    """CPU seconds of a program and its own children."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    began = used()
    subprocess.run(command, capture_output=True, check=True, timeout=600)
    return used() - began


def _forget() -> None:
    """Empty every cache of the package, as code does that keeps nothing."""
    for name, module in list(sys.modules.items()):
        if name.startswith("documents."):
            for thing in vars(module).values():
                if callable(clear := getattr(thing, "cache_clear", None)):
                    clear()


def _cpu(work: Callable[[], object]) -> float:
    # The process, not the thread: rendering may hand over to threads of its own.
    began = process_time()
    work()
    return process_time() - began


def numbered(number: int) -> Paper:
    """A one-page decision of its own."""
    paper = samples.decision(3)
    return replace(paper, id=f"bench-{number}", number=number, annexes=())
