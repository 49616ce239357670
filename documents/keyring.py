"""Which keys has a real installation, and may this one sign now? An index of holders over files or a token.

`khoa.toml` in the keys' folder names each holder: a person by user name, an organisation as it is spelt in the
system. Nothing is guessed from the names of files. What is wrong with a key is said in Vietnamese.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from documents.keys import SigningKey, is_test, load_pkcs12
from engine.errors import SigningFailed
from engine.ports.outside import SignerName
from engine.rules.text import fold, nfc

INDEX = "khoa.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """One `[[key]]` of the index: whose key it is (one of the first two), and where it lies."""

    person: str = ""  #: user name
    organisation: str = ""  #: as the unit is called in the system
    file: str = ""  #: PKCS#12 file in the folder
    password_file: str = ""  #: in the folder; empty: the installation's
    label: str = ""  #: of the key on the token
    id: str = ""  #: of the key on the token, hex digits
    certificate: str = ""  #: PEM file in the folder, where the token holds none
    chain: str = ""  #: PEM file in the folder: the issuers, from the nearest to the root

    @property
    def holder(self) -> str:
        """Whose key it is."""
        return self.person or self.organisation


class KeyDoor(Protocol):
    """Opens the key that an entry names; `SigningFailed` when it cannot."""

    def __call__(self, entry: KeyEntry) -> SigningKey: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """One key as people look at it; `problem` is Vietnamese and empty when it may sign."""

    entry: KeyEntry
    subject: str
    issuer: str
    first: datetime | None
    last: datetime | None
    problem: str


class KeyRing:
    """The `KeyProvider` of a real installation; a changed index or file is read again."""

    def __init__(self, folder: Path, door: KeyDoor) -> None:
        self._folder, self._door = folder, door
        self._opened: dict[KeyEntry, tuple[object, SigningKey]] = {}
        self._lock = Lock()

    def person(self, signer: SignerName, organisation: str) -> SigningKey:
        """The key of a person, whatever organisation they sign for; `SigningFailed` when it is missing or another's."""
        key = self._key(signer.username, lambda entry: entry.person)
        _check(names_problem(key.certificate, signer.name), signer.name)
        return key

    def organisation(self, name: str) -> SigningKey:
        """The key of an organisation's seal; `SigningFailed` when it is missing or another's."""
        key = self._key(name, lambda entry: entry.organisation)
        _check(names_problem(key.certificate, name), name)
        return key

    def states(self, names: Mapping[str, str], now: datetime) -> list[KeyState]:
        """Every key of the index; `names` has the full name of each user name that is known."""
        return [self._state(entry, names, now) for entry in self.entries()]

    def entries(self) -> tuple[KeyEntry, ...]:
        """The index as it stands in the folder; `SigningFailed` when it cannot be read."""
        try:
            found = tomllib.loads((self._folder / INDEX).read_text("utf-8"))
        except FileNotFoundError as error:
            raise SigningFailed(f"không thấy danh mục khóa {INDEX} trong thư mục khóa ký", retry_after=None) from error
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SigningFailed(f"danh mục khóa {INDEX} không đọc được: {error}", retry_after=None) from error
        rows = found.get("key", [])
        return tuple(_entry(row) for row in (rows if isinstance(rows, list) else []))

    def _state(self, entry: KeyEntry, names: Mapping[str, str], now: datetime) -> KeyState:
        try:
            certificate = self._open(entry).certificate
        except SigningFailed as failure:
            return KeyState(entry=entry, subject="", issuer="", first=None, last=None, problem=str(failure))
        name = names.get(entry.person) if entry.person else entry.organisation
        problem = (
            names_problem(certificate, name) if name is not None else f"không có tài khoản nào tên là {entry.person}"
        )
        return KeyState(
            entry=entry,
            subject=common_name(certificate.subject),
            issuer=common_name(certificate.issuer),
            first=certificate.not_valid_before_utc,
            last=certificate.not_valid_after_utc,
            problem=problem or time_problem(certificate, now) or test_problem(certificate),
        )

    def _key(self, holder: str, of: Callable[[KeyEntry], str]) -> SigningKey:
        entry = next((e for e in self.entries() if holder and nfc(of(e)) == nfc(holder)), None)
        if entry is None:
            raise SigningFailed(f"danh mục khóa không có khóa ký của {holder}", retry_after=None)
        key = self._open(entry)
        _check(test_problem(key.certificate), holder)
        return key

    def _open(self, entry: KeyEntry) -> SigningKey:
        stamp = self._stamp(entry)
        with self._lock:
            known = self._opened.get(entry)
            if known is None or known[0] != stamp:
                known = self._opened[entry] = (stamp, self._door(entry))
            return known[1]

    def _stamp(self, entry: KeyEntry) -> object:
        """What changes when somebody puts other files in place."""
        paths = [self._folder / name for name in (entry.file, entry.certificate, entry.chain) if name]
        return [(path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else None for path in paths]


def files_door(folder: Path, password: Callable[[], bytes]) -> KeyDoor:
    """Open PKCS#12 files of a folder; `password` reads the installation's when an entry names none of its own."""

    def opened(entry: KeyEntry) -> SigningKey:
        path = inside(folder, entry.file)
        if not path.is_file():
            raise SigningFailed(f"không thấy tệp khóa {entry.file or '(chưa ghi tên tệp)'}", retry_after=None)
        secret = read_secret(inside(folder, entry.password_file)) if entry.password_file else password()
        key = load_pkcs12(path.read_bytes(), secret)
        if key.private.public_key() != key.certificate.public_key():
            raise SigningFailed(f"khóa trong {entry.file} không khớp với chứng thư của nó", retry_after=None)
        return key

    return opened


def read_secret(path: Path | None) -> bytes:
    """The first line of a file: a password or a PIN; `SigningFailed` when there is none."""
    try:
        lines = path.read_bytes().splitlines() if path is not None else []
    except OSError as error:
        raise SigningFailed("tệp mật khẩu của khóa ký không đọc được", retry_after=None) from error
    if not lines or not lines[0]:
        raise SigningFailed("chưa có mật khẩu của khóa ký (CHUKY_KEYS_PASSWORD_FILE)", retry_after=None)
    return lines[0]


def inside(folder: Path, name: str) -> Path:
    """A file of the folder; `SigningFailed` for a name that leads out of it."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise SigningFailed(f"tên tệp {name} dẫn ra ngoài thư mục khóa", retry_after=None)
    return path


def read_chain(folder: Path, name: str) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file of the folder; none when no file is named."""
    if not name:
        return ()
    try:
        return tuple(x509.load_pem_x509_certificates(inside(folder, name).read_bytes()))
    except (OSError, ValueError) as error:
        raise SigningFailed(f"tệp chứng thư {name} không đọc được", retry_after=None) from error


def names_problem(certificate: x509.Certificate, name: str) -> str:
    """Empty when the certificate names this person or organisation.

    Case does not count; marks do, unless the certificate is written without any. A name longer than the 64 bytes of
    a common name is compared with what fits.
    """
    said = common_name(certificate.subject)
    # Never by the organisation's name alone: the certificates of its people bear that too.
    if same_holder(name, said):
        return ""
    return f"chứng thư là của “{said or '(không tên)'}”, không phải của “{name}”"


def time_problem(certificate: x509.Certificate, at: datetime) -> str:
    """Empty when the certificate is valid at that moment."""
    if at < certificate.not_valid_before_utc:
        return f"chứng thư chưa có hiệu lực (từ {certificate.not_valid_before_utc:%d/%m/%Y})"
    if at > certificate.not_valid_after_utc:
        return f"chứng thư đã hết hạn ngày {certificate.not_valid_after_utc:%d/%m/%Y}"
    return ""


def test_problem(certificate: x509.Certificate) -> str:
    """Empty unless the certificate is one of the test authority."""
    return "chứng thư là chứng thư thử nghiệm, không dùng được trong hệ thống thật" if is_test(certificate) else ""


def common_name(name: x509.Name) -> str:
    """The common name; empty when there is none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def same_holder(name: str, said: str) -> bool:
    """Whether the common name of a certificate is this person's or organisation's."""
    # An ASCII certificate was written without marks; anything else must carry the very letters.
    plain = fold if said.isascii() else lambda text: " ".join(nfc(text).casefold().split())
    cut = name.encode()[:64].decode(errors="ignore")
    return plain(said) in (plain(name), plain(cut))


def _check(problem: str, holder: str) -> None:
    if problem:
        raise SigningFailed(f"khóa ký của {holder}: {problem}", retry_after=None)


_NAMES = frozenset(field.name for field in fields(KeyEntry))


def _entry(row: Any) -> KeyEntry:
    given = row if isinstance(row, dict) else {}
    unknown = sorted(set(given) - _NAMES)
    if unknown or not all(isinstance(value, str) for value in given.values()):
        raise SigningFailed(
            f"danh mục khóa {INDEX}: mục không hiểu được: {', '.join(unknown) or given}", retry_after=None
        )
    entry = KeyEntry(**given)
    if bool(entry.person) == bool(entry.organisation):
        raise SigningFailed(
            f"danh mục khóa {INDEX}: mỗi khóa ghi person hoặc organisation, một trong hai", retry_after=None
        )
    return entry


def rsa_public(certificate: x509.Certificate) -> rsa.RSAPublicKey:
    """The certificate's key; `SigningFailed` when it is no RSA key."""
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise SigningFailed("chứng thư không dùng khóa RSA", retry_after=None)
    return key


def expiring(states: Sequence[KeyState], now: datetime, *, days: int = 30) -> list[KeyState]:
    """Keys that may sign today but not any more in `days` days."""
    return [s for s in states if not s.problem and s.last is not None and (s.last - now).days < days]
