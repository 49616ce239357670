"""How is a package for an archive put together? BagIt 1.0 in a zip file of one form, described in METS and PREMIS, sealed.

`data/` holds the payload in the order in which it was added, then come the tag files in the order of `TAGS`. The
seal is over the tag manifest, which has the hash of the manifest, which has the hash of every file: nothing in a
package can change unnoticed. Contents are passed on piece by piece, so a package may be as large as its archive.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from tempfile import TemporaryFile
from typing import BinaryIO

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from documents.bag_seal import seal
from documents.bag_xml import Described, mets, premis_agents, premis_event, premis_head, premis_object
from documents.keys import KeyProvider, SigningKey
from documents.stamping import Stamps
from documents.zipform import CHUNK, Member, ZipWriter
from engine.errors import SigningFailed
from engine.ports.packages import Description, FileEvent, PackedFile, Sink

PAYLOAD = "data/"
BAGIT, INFO, MANIFEST = "bagit.txt", "bag-info.txt", "manifest-sha256.txt"
PREMIS, METS, READ_ME = "premis.xml", "mets.xml", "HUONG-DAN.txt"
TAG_MANIFEST, SEAL = "tagmanifest-sha256.txt", "signature.p7s"
#: Every tag file in its place behind the payload; the last two are not named by the tag manifest.
TAGS = (BAGIT, INFO, MANIFEST, PREMIS, METS, READ_ME, TAG_MANIFEST, SEAL)
BAGIT_TEXT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
#: Where issued documents lie, and where the certificates of whoever signed something inside.
DOCUMENTS, CERTIFICATES = "van-ban/", "chung-thu/"
#: Says, under the seal, that the seal bears a time stamp: it cannot be taken off unnoticed.
STAMPED = "Seal-Time-Stamp"
#: Stands for the name of who sealed it where nobody did.
UNSEALED = "-"
PDF, PEM = "application/pdf", "application/x-pem-file"


class BagPacker:
    """The `Packer` port, with the keys of a provider and, where there is one, a time-stamp authority."""

    def __init__(self, keys: KeyProvider, stamps: Stamps | None = None) -> None:
        self._keys, self._stamps = keys, stamps

    def pack(self, target: BinaryIO, about: Description, fill: Callable[[Sink], None], *, at: datetime) -> None:
        """Write a package into an empty, seekable file; what `fill` adds is its payload.

        The seal bears a time stamp where there is an authority. Where the server holds no key of the organisation, the seal is empty and the package says so.
        """
        key = self._seal_key(about.sealed_by)
        if key is None:
            about = replace(about, sealed_by="")
        with ExitStack() as stack:
            rooms: list[BinaryIO] = [stack.enter_context(TemporaryFile()) for _ in range(4)]
            bag = _Bag(ZipWriter(target), about, rooms, at, stamped=key is not None and self._stamps is not None)
            fill(bag)
            for certificate in (key.certificate, *key.chain) if key is not None else ():
                bag.know(certificate)
            bag.add_certificates()
            bag.finish(lambda data: seal(data, key, at, self._stamps) if key is not None else b"")

    def _seal_key(self, organisation: str) -> SigningKey | None:
        """The key to seal with; None where the server holds none: a package without a seal is better than none."""
        try:
            return self._keys.organisation(organisation)
        except SigningFailed as error:
            if error.retry_after is not None:
                raise
            return None


class _Bag:
    def __init__(
        self, archive: ZipWriter, about: Description, rooms: list[BinaryIO], at: datetime, *, stamped: bool
    ) -> None:
        self._archive, self._about, self._at, self._stamped = archive, about, at, stamped
        self._manifest, self._objects, self._events, self._files = rooms
        self._count = self._size = self._documents = 0
        self._certificates: dict[str, x509.Certificate] = {}
        self._tags: list[Member] = []

    def add(self, file: PackedFile, chunks: Iterable[bytes]) -> None:
        """Take one file of the payload."""
        if file.path.startswith(DOCUMENTS) and file.media_type == PDF:
            content = b"".join(chunks)
            self._documents += 1
            for certificate in _signers(content):
                self.know(certificate)
            chunks = (content,)
        member = self._archive.add(f"{self._about.name}/{PAYLOAD}{file.path}", chunks)
        path = PAYLOAD + file.path
        self._count, self._size = self._count + 1, self._size + member.size
        self._manifest.write(f"{member.sha256}  {path}\n".encode())
        described = Described(
            path=path, size=member.size, sha256=member.sha256, media_type=file.media_type, title=file.title
        )
        self._objects.write(premis_object(described))
        self._files.write(described.line())
        for event in file.events:
            self._events.write(premis_event(event, path))

    def know(self, certificate: x509.Certificate) -> None:
        """Remember a certificate that something inside was signed with, or that stands above it."""
        self._certificates[certificate.fingerprint(hashes.SHA256()).hex()] = certificate

    def add_certificates(self) -> None:
        """Add every certificate to the payload, each once."""
        for digest, certificate in sorted(self._certificates.items()):
            file = PackedFile(
                path=f"{CERTIFICATES}{digest[:32]}.pem",
                media_type=PEM,
                title=certificate.subject.rfc4514_string(),
            )
            self.add(file, [certificate.public_bytes(Encoding.PEM)])

    def finish(self, sealed: Callable[[bytes], bytes]) -> None:
        """Write the tag files and the directory."""
        packing = FileEvent(kind="packing", at=self._at, detail=f"Đóng gói: {self._about.title}")
        fixity = FileEvent(
            kind="message digest calculation", at=self._at, detail="Tính mã băm SHA-256 của mọi tệp khi đóng gói"
        )
        self._tag(BAGIT, [BAGIT_TEXT])
        self._tag(INFO, [self._info()])
        manifest = self._tag(MANIFEST, _again(self._manifest))
        ends = [premis_event(event, MANIFEST) for event in (packing, fixity)] + [premis_agents(self._about)]
        self._tag(PREMIS, [premis_head(), *_all(self._objects, self._events), *ends])
        files = (Described.read(line) for line in _lines(self._files))
        self._tag(METS, mets(self._about, files, at=self._at, documents=self._documents, identity=manifest.sha256))
        self._tag(READ_ME, [_READ_ME.format(name=self._about.name).encode()])
        text = "".join(f"{tag.sha256}  {tag.name.partition('/')[2]}\n" for tag in self._tags).encode()
        self._tag(TAG_MANIFEST, [text])
        self._tag(SEAL, [sealed(text)])
        self._archive.close()

    def _tag(self, name: str, chunks: Iterable[bytes]) -> Member:
        member = self._archive.add(f"{self._about.name}/{name}", chunks)
        self._tags.append(member)
        return member

    def _info(self) -> bytes:
        about = self._about
        rows = [
            ("Source-Organization", about.unit),
            ("External-Identifier", about.name),
            ("External-Description", about.title),
            ("Bagging-Date", self._at.date().isoformat()),
            ("Payload-Oxum", f"{self._size}.{self._count}"),
            ("Bag-Software-Agent", "Chuky"),
            ("Chuky-Package", f"1 {about.kind}"),
            ("Sealed-By", about.sealed_by or UNSEALED),
            *([(STAMPED, "RFC 3161")] if self._stamped else []),
            *about.facts,
        ]
        return "".join(f"{name}: {_one_line(value)}\n" for name, value in rows).encode()


def _signers(pdf: bytes) -> list[x509.Certificate]:
    """Every certificate that came with the signatures of a PDF; none for a file that is no signed PDF."""
    from documents.bag_seal import certificates_in

    return certificates_in(pdf)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _again(room: BinaryIO) -> Iterator[bytes]:
    room.seek(0)
    while chunk := room.read(CHUNK):
        yield chunk


def _all(*rooms: BinaryIO) -> Iterator[bytes]:
    for room in rooms:
        yield from _again(room)


def _lines(room: BinaryIO) -> Iterator[bytes]:
    room.seek(0)
    yield from room


_READ_ME = """\
GÓI LƯU TRỮ {name}

Gói theo BagIt 1.0 (RFC 8493). Thư mục data/ là nội dung; các tệp còn lại mô tả và niêm phong nội dung.

Kiểm tra bằng Chuky, không cần mạng, không cần cơ sở dữ liệu:
    chuky verify {name}.zip
hoặc, sau khi giải nén:
    chuky verify {name}

Kiểm tra không cần Chuky, trong thư mục đã giải nén:
    sha256sum --check --quiet manifest-sha256.txt
    sha256sum --check --quiet tagmanifest-sha256.txt
    openssl cms -verify -binary -inform DER -in signature.p7s -content tagmanifest-sha256.txt -CAfile GOC.pem -purpose any
GOC.pem là chứng thư gốc mà người kiểm tra tin; chứng thư của những người ký nằm trong data/chung-thu/ để tham khảo.
Không có tệp nào ngoài những tệp mà hai bản kê nêu tên, trừ chính tagmanifest-sha256.txt và signature.p7s.

Trong data/:
    goi.json                 gói này là gì; đầu và cuối của đoạn nhật ký
    van-ban/                 văn bản đã ban hành: PDF đã ký, bản Word, nội dung dạng JSON
    van-ban.jsonl            danh sách văn bản, mỗi dòng một văn bản
    so-dang-ky.jsonl         các dòng của sổ đăng ký văn bản đi
    ho-so.jsonl, ho-so/      danh sách hồ sơ; từng hồ sơ với biểu mẫu đã nộp, giấy tờ có số, kết quả, minh chứng
    khao-sat/                kết quả khảo sát đã gộp: mẫu, mẫu tối thiểu, phiếu đến bằng cách nào, chỉ số; không có phiếu của từng người
    nhat-ky/su-kien.jsonl    sự kiện, mỗi dòng một sự kiện với mã băm của nó
    nhat-ky/chuoi.txt        mã băm của mọi dòng nhật ký từ sự kiện đầu đến sự kiện cuối: dòng nào cũng nối với dòng trước
    mo-hinh/                 quy trình BPMN, bảng DMN, biểu mẫu, tiêu chí đúng phiên bản đã chạy
    chung-thu/               chứng thư của người ký, cơ quan ký và nơi cấp
"""
