"""Whose key signs? Keys behind one port, and a test certification authority without legal effect.

A real installation plugs in the certificates of the Government cipher authority (`keyring`: PKCS#12 files, tokens).
Demo and rehearsal use `TestKeys`: root, issuing authority, time stamps, one key per person and per organisation, made
once, valid 2020 to 2060, plainly named and marked as a test.
"""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from engine.errors import SigningFailed
from engine.ports.outside import SignerName

#: Policy of every test certificate; 2.999 is the arc that ISO keeps for examples.
TEST_POLICY = x509.ObjectIdentifier("2.999.1.30.1")
TEST_POLICY_TEXT = "Chứng thư thử nghiệm – không có giá trị pháp lý"
_NOT_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
_NOT_AFTER = datetime(2060, 1, 1, tzinfo=UTC)
_KEY_BITS = 2048


class SigningKey(Protocol):
    """A private key that stays where it is, and its certificate."""

    @property
    def certificate(self) -> x509.Certificate:
        """The holder's certificate."""
        ...

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The issuers, from the nearest to the root."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Sign with RSA PKCS#1 v1.5 over SHA-256; `SigningFailed` when the key cannot be reached."""
        ...


class KeyProvider(Protocol):
    """Find the key of a person or of an organisation; `SigningFailed` when there is none."""

    def person(self, signer: SignerName, organisation: str) -> SigningKey:
        """The key of a person who signs for an organisation."""
        ...

    def organisation(self, name: str) -> SigningKey:
        """The key of an organisation's seal."""
        ...


@dataclass(frozen=True, kw_only=True)
class LoadedKey:
    """A key held in memory: loading and checking RSA keys anew costs more than signing."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    private: rsa.RSAPrivateKey

    def sign(self, data: bytes) -> bytes:
        """Sign with RSA PKCS#1 v1.5 over SHA-256."""
        return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())


def is_test(certificate: x509.Certificate) -> bool:
    """Whether a certificate says that it is of the test authority."""
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return False
    return any(policy.policy_identifier == TEST_POLICY for policy in policies)


def load_pkcs12(data: bytes, password: bytes | None) -> LoadedKey:
    """Read a PKCS#12 file with an RSA key; `SigningFailed` when it cannot be opened or holds no such key."""
    try:
        store = pkcs12.load_pkcs12(data, password)
    except ValueError as error:
        raise SigningFailed("tệp khóa PKCS#12 không mở được", retry_after=None) from error
    if store.cert is None or not isinstance(store.key, rsa.RSAPrivateKey):
        raise SigningFailed("tệp PKCS#12 không có khóa RSA kèm chứng thư", retry_after=None)
    chain = tuple(extra.certificate for extra in store.additional_certs)
    return LoadedKey(certificate=store.cert.certificate, chain=chain, private=store.key)


class TestKeys:
    """A test certification authority in a folder; safe to share between processes and machines."""

    __test__ = False  # not a test case, whatever its name

    def __init__(self, folder: Path, *, password: bytes = b"thu-nghiem") -> None:
        self._folder = folder
        self._password = password
        self._loaded: dict[str, LoadedKey] = {}

    def person(self, signer: SignerName, organisation: str) -> SigningKey:
        """The key of a person, made at the first call; a new position gets a new certificate."""
        names = [
            (NameOID.COMMON_NAME, signer.name),
            (NameOID.TITLE, signer.position),
            (NameOID.ORGANIZATION_NAME, organisation),
            (NameOID.USER_ID, signer.id),
        ]
        return self._holder("nguoi", names)

    def organisation(self, name: str) -> SigningKey:
        """The key of an organisation, made at the first call."""
        return self._holder("to-chuc", [(NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, name)])

    @cached_property
    def root(self) -> LoadedKey:
        """The test root; its certificate also lies in the folder as `root.pem`."""
        root = self._kept("root", lambda: _made(_authority("CA gốc thử nghiệm"), None, authority=True))
        pem = self._folder / "root.pem"
        if not pem.exists():
            pem.write_bytes(root.certificate.public_bytes(serialization.Encoding.PEM))
        return root

    @cached_property
    def issuing(self) -> LoadedKey:
        """The test issuing authority, certified by the root."""
        return self._kept("issuing", lambda: _made(_authority("CA cấp phát thử nghiệm"), self.root, authority=True))

    @cached_property
    def timestamping(self) -> LoadedKey:
        """The key of the test time-stamp authority."""
        names = _authority("Máy chủ dấu thời gian thử nghiệm")
        return self._kept("dau-thoi-gian", lambda: _made(names, self.issuing, authority=False, stamps=True))

    def revocation_lists(self, at: datetime) -> tuple[x509.CertificateRevocationList, ...]:
        """Empty lists of both authorities, issued at the day's beginning."""
        first = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return tuple(_empty_list(key, first) for key in (self.issuing, self.root))

    def _holder(self, folder: str, names: list[tuple[x509.ObjectIdentifier, str]]) -> LoadedKey:
        readable = re.sub(r"[^a-z0-9]+", "-", names[0][1].lower().encode("ascii", "ignore").decode()).strip("-")
        digest = sha256(repr([(oid.dotted_string, value) for oid, value in names]).encode()).hexdigest()[:16]
        return self._kept(f"{folder}/{readable[:24]}-{digest}", lambda: _made(names, self.issuing, authority=False))

    def _kept(self, name: str, make: "Maker") -> LoadedKey:
        if name not in self._loaded:
            path = self._folder / f"{name}.p12"
            if not path.exists():
                self._keep_first(path, make())
            self._loaded[name] = load_pkcs12(path.read_bytes(), self._password)
        return self._loaded[name]

    def _keep_first(self, path: Path, key: LoadedKey) -> None:
        """Store a new key unless another process was faster; then theirs stays."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(_pkcs12(key, self._password))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()


class NoKeys:
    """The `KeyProvider` of a server that holds no key: everybody signs by themselves."""

    def person(self, signer: SignerName, organisation: str) -> SigningKey:
        """Never there."""
        raise SigningFailed(f"máy chủ không giữ khóa ký của {signer.name} (CHUKY_SIGNING=none)", retry_after=None)

    def organisation(self, name: str) -> SigningKey:
        """Never there."""
        raise SigningFailed(f"máy chủ không giữ khóa ký của {name} (CHUKY_SIGNING=none)", retry_after=None)


class Maker(Protocol):
    """Makes a key when there is none yet."""

    def __call__(self) -> LoadedKey:
        """A new key with its certificate."""
        ...


def _pkcs12(key: LoadedKey, password: bytes) -> bytes:
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2048)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(password)
    )
    return pkcs12.serialize_key_and_certificates(b"chuky", key.private, key.certificate, key.chain, encryption)


def _empty_list(key: LoadedKey, first: datetime) -> x509.CertificateRevocationList:
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(key.certificate.subject)
        .last_update(first)
        .next_update(first + timedelta(days=30))
        .add_extension(_above(key.certificate), critical=False)
        .add_extension(x509.CRLNumber(first.date().toordinal()), critical=False)
        .sign(key.private, hashes.SHA256())
    )


def _made(
    names: list[tuple[x509.ObjectIdentifier, str]], issuer: LoadedKey | None, *, authority: bool, stamps: bool = False
) -> LoadedKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), *(_attribute(oid, value) for oid, value in names if value)]
    )
    above = issuer.certificate if issuer else None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.subject if above else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_NOT_BEFORE)
        .not_valid_after(_NOT_AFTER)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_usage(authority=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
    )
    if above is not None:
        builder = builder.add_extension(_policies(), critical=False).add_extension(_above(above), critical=False)
    if stamps:
        only = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(only, critical=True)
    certificate = builder.sign(issuer.private if issuer else private, hashes.SHA256())
    chain = (above, *issuer.chain) if issuer and above else ()
    return LoadedKey(certificate=certificate, chain=chain, private=private)


def _authority(name: str) -> list[tuple[x509.ObjectIdentifier, str]]:
    return [(NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, "Không có giá trị pháp lý")]


def _attribute(oid: x509.ObjectIdentifier, value: str) -> "x509.NameAttribute[str]":
    # X.509 limits the common name to 64; the organisation's full name stands in O.
    cut = value.encode()[:64].decode(errors="ignore") if oid == NameOID.COMMON_NAME else value
    return x509.NameAttribute(oid, cut)


def _above(certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    extension = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(extension.value)


def _policies() -> x509.CertificatePolicies:
    notice = x509.UserNotice(notice_reference=None, explicit_text=TEST_POLICY_TEXT)
    return x509.CertificatePolicies([x509.PolicyInformation(TEST_POLICY, [notice])])


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
