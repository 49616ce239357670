"""How does a key sign that never leaves its token? Through PKCS#11 (`python-pkcs11`, the extra `pkcs11`).

One session for a token, used by one thread at a time. A wrong PIN is never tried twice: tokens lock themselves.
"""

from binascii import unhexlify
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from documents.keyring import KeyEntry, read_chain, rsa_public
from documents.keys import SigningKey
from engine.errors import SigningFailed

#: Seconds until a token that was pulled out is looked for again.
_TRY_AGAIN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """A key on a token, and its certificate."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    entry: KeyEntry
    token: "Token"

    def sign(self, data: bytes) -> bytes:
        """Sign with RSA PKCS#1 v1.5 over SHA-256 on the token; `SigningFailed` when it cannot be reached."""
        return self.token.sign(self.entry, data)


class Token:
    """One token behind one PKCS#11 library; opened when it is first needed."""

    def __init__(self, module: Path, label: str, pin: Callable[[], bytes], folder: Path) -> None:
        self._module, self._label, self._pin, self._folder = module, label, pin, folder
        self._session: Any = None
        self._refused: bytes | None = None
        self._lock = RLock()

    def open(self, entry: KeyEntry) -> SigningKey:
        """The key that the entry names, once it has proved to fit its certificate; `SigningFailed` else."""
        certificate = self._certificate(entry)
        key = TokenKey(certificate=certificate, chain=read_chain(self._folder, entry.chain), entry=entry, token=self)
        probe = b"chuky"
        try:
            rsa_public(certificate).verify(key.sign(probe), probe, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as error:
            raise SigningFailed(
                f"khóa {_called(entry)} trên thiết bị không khớp với chứng thư", retry_after=None
            ) from error
        return key

    def sign(self, entry: KeyEntry, data: bytes) -> bytes:
        """Sign with the private key that the entry names."""
        from pkcs11 import Mechanism, ObjectClass

        def work(session: Any) -> bytes:
            key = _one(session, entry, ObjectClass.PRIVATE_KEY)
            return bytes(key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))

        return self._do(work)

    def _certificate(self, entry: KeyEntry) -> x509.Certificate:
        if entry.certificate:
            return read_chain(self._folder, entry.certificate)[0]
        from pkcs11 import Attribute, ObjectClass

        def work(session: Any) -> bytes:
            return bytes(_one(session, entry, ObjectClass.CERTIFICATE)[Attribute.VALUE])

        return x509.load_der_x509_certificate(self._do(work))

    def _do(self, work: Callable[[Any], bytes]) -> bytes:
        """Use the session; open it anew, once, when it has died."""
        from pkcs11.exceptions import PKCS11Error

        with self._lock:
            for last in (False, True):
                try:
                    return work(self._opened())
                except PKCS11Error as error:
                    self._session = None
                    if last:
                        raise SigningFailed(
                            f"thiết bị ký không trả lời ({type(error).__name__})", retry_after=_TRY_AGAIN
                        ) from error
        raise AssertionError

    def _opened(self) -> Any:
        if self._session is None:
            pin = self._pin()
            if pin == self._refused:
                raise SigningFailed(
                    "mã PIN của thiết bị ký không đúng; không thử lại để khỏi bị khóa", retry_after=None
                )
            self._session = self._login(pin)
        return self._session

    def _login(self, pin: bytes) -> Any:
        from pkcs11 import exceptions

        try:
            return self._library().get_token(token_label=self._label).open(user_pin=pin.decode())
        except (exceptions.PinIncorrect, exceptions.PinInvalid, exceptions.PinLenRange, exceptions.PinLocked) as error:
            self._refused = pin
            raise SigningFailed(
                "mã PIN của thiết bị ký không đúng hoặc thiết bị đã bị khóa", retry_after=None
            ) from error
        except (exceptions.NoSuchToken, exceptions.MultipleTokensReturned) as error:
            said = f"không thấy đúng một thiết bị ký tên “{self._label}”"
            raise SigningFailed(said, retry_after=_TRY_AGAIN) from error

    def _library(self) -> Any:
        import pkcs11

        try:
            return pkcs11.lib(str(self._module))
        except (RuntimeError, OSError) as error:
            raise SigningFailed(f"không nạp được thư viện PKCS#11 {self._module.name}", retry_after=None) from error


def _one(session: Any, entry: KeyEntry, kind: Any) -> Any:
    from pkcs11 import Attribute

    wanted = {Attribute.CLASS: kind}
    if entry.label:
        wanted[Attribute.LABEL] = entry.label
    if entry.id:
        wanted[Attribute.ID] = unhexlify(entry.id)
    found = list(session.get_objects(wanted))
    if len(found) != 1:
        raise SigningFailed(f"thiết bị ký có {len(found)} mục ứng với {_called(entry)}, cần đúng một", retry_after=None)
    return found[0]


def _called(entry: KeyEntry) -> str:
    return (
        " ".join(filter(None, (entry.label and f"nhãn “{entry.label}”", entry.id and f"mã {entry.id}"))) or "(chưa ghi)"
    )
