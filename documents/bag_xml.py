"""How does a package describe itself to other archives? PREMIS 3 (what became of each file) and METS (what belongs together).

Thông tư 05/2025/TT-BNV names both; its annexes were only seen second-hand, so METS carries the descriptive fields that
the circular lists (mã hồ sơ, tiêu đề, thời hạn lưu trữ, …) under names of our own. docs/archive.md says what is open.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

from engine.ports.packages import Description, FileEvent

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One file of the payload."""

    path: str  #: in the package
    size: int
    sha256: str
    media_type: str
    title: str

    def line(self) -> bytes:
        """The same as one line, to be read again."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> "Described":
        """What `line` wrote."""
        return cls(**json.loads(line))


def premis_head() -> bytes:
    """The beginning of the document; objects, events and agents follow in this order."""
    return (
        f'{_HEAD}<premis xmlns="http://www.loc.gov/premis/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'version="3.0">\n'
    ).encode()


def premis_object(file: Described) -> bytes:
    """A file with its hash, size and format."""
    name = f"<originalName>{_text(file.title)}</originalName>" if file.title else ""
    return (
        f'<object xsi:type="file"><objectIdentifier>{_identifier("object", "path", file.path)}</objectIdentifier>'
        "<objectCharacteristics><fixity><messageDigestAlgorithm>SHA-256</messageDigestAlgorithm>"
        f"<messageDigest>{file.sha256}</messageDigest></fixity><size>{file.size}</size><format><formatDesignation>"
        f"<formatName>{_text(file.media_type)}</formatName></formatDesignation></format></objectCharacteristics>"
        f"{name}</object>\n"
    ).encode()


def premis_event(event: FileEvent, path: str) -> bytes:
    """Something that happened to the file at `path`."""
    identity = uuid5(NAMESPACE_URL, f"{event.kind}/{event.at.isoformat()}/{path}")
    return (
        f"<event><eventIdentifier>{_identifier('event', 'UUID', str(identity))}</eventIdentifier>"
        f"<eventType>{_text(event.kind)}</eventType><eventDateTime>{event.at.isoformat()}</eventDateTime>"
        f"<eventDetailInformation><eventDetail>{_text(event.detail)}</eventDetail></eventDetailInformation>"
        f"<linkingObjectIdentifier>{_identifier('linkingObject', 'path', path)}</linkingObjectIdentifier></event>\n"
    ).encode()


def premis_agents(about: Description) -> bytes:
    """Who kept and sealed the files, and with what; the end of the document."""
    sealed = (("organization", about.sealed_by),) if about.sealed_by else ()
    agents = (("organization", about.unit), *sealed, ("software", "Chuky"))
    return (
        "".join(
            f"<agent><agentIdentifier>{_identifier('agent', kind, name)}</agentIdentifier>"
            f"<agentName>{_text(name)}</agentName><agentType>{kind}</agentType></agent>\n"
            for kind, name in dict.fromkeys(agents)
        )
        + "</premis>\n"
    ).encode()


def mets(
    about: Description, files: Iterable[Described], *, at: datetime, documents: int, identity: str
) -> Iterator[bytes]:
    """The whole METS document; `identity` (the manifest's hash) gives the package its number."""
    number = uuid5(NAMESPACE_URL, f"urn:sha256:{identity}")
    yield (
        f'{_HEAD}<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'xmlns:csip="https://DILCIS.eu/XML/METS/CSIPExtensionMETS" csip:OAISPACKAGETYPE="SIP" '
        f'OBJID="urn:uuid:{number}" LABEL={_attribute(about.title)} TYPE="OTHER">\n'
        f'<metsHdr CREATEDATE="{at.isoformat()}"><agent ROLE="CREATOR" TYPE="ORGANIZATION"><name>{_text(about.unit)}'
        '</name></agent><agent ROLE="CREATOR" TYPE="OTHER" OTHERTYPE="SOFTWARE"><name>Chuky</name></agent></metsHdr>\n'
    ).encode()
    yield _described(about, documents)
    yield (
        b'<amdSec><digiprovMD ID="premis"><mdRef LOCTYPE="URL" xlink:type="simple" xlink:href="premis.xml" '
        b'MDTYPE="PREMIS"/></digiprovMD></amdSec>\n<fileSec><fileGrp USE="data">\n'
    )
    count = 0
    for count, file in enumerate(files, 1):
        yield (
            f'<file ID="f{count}" MIMETYPE={_attribute(file.media_type)} SIZE="{file.size}" CHECKSUM="{file.sha256}" '
            f'CHECKSUMTYPE="SHA-256"><FLocat LOCTYPE="URL" xlink:type="simple" xlink:href={_attribute(file.path)}/></file>\n'
        ).encode()
    yield (
        '</fileGrp></fileSec>\n<structMap TYPE="PHYSICAL"><div LABEL='
        f'{_attribute(about.title)} DMDID="mo-ta" ADMID="premis">\n'
    ).encode()
    for number_of in range(1, count + 1):
        yield f'<div><fptr FILEID="f{number_of}"/></div>\n'.encode()
    yield b"</div></structMap>\n</mets>\n"


def _described(about: Description, documents: int) -> bytes:
    fields = (
        ("ma-ho-so", about.name),
        ("tieu-de", about.title),
        ("don-vi", f"{about.unit} ({about.unit_code})"),
        ("thoi-han-luu-tru", about.retention),
        ("muc-do-tiep-can", about.access),
        ("ngon-ngu", "vi"),
        ("bat-dau", about.first_day),
        ("ket-thuc", about.last_day),
        ("tu-khoa", "; ".join(about.keywords)),
        ("tong-so-tai-lieu", str(documents)),
        ("muc-do-tin-cay", "Bản gốc điện tử"),
    )
    inside = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in fields)
    return (
        '<dmdSec ID="mo-ta"><mdWrap MDTYPE="OTHER" OTHERMDTYPE="TT05-2025-BNV"><xmlData>'
        f'<ho-so xmlns="urn:chuky:ho-so">{inside}</ho-so></xmlData></mdWrap></dmdSec>\n'
    ).encode()


def _identifier(of: str, kind: str, value: str) -> str:
    return f"<{of}IdentifierType>{_text(kind)}</{of}IdentifierType><{of}IdentifierValue>{_text(value)}</{of}IdentifierValue>"


def _text(value: str) -> str:
    return escape("".join(sign if sign.isprintable() else " " for sign in value))


def _attribute(value: str) -> str:
    return quoteattr("".join(sign if sign.isprintable() else " " for sign in value))
