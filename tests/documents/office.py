"""Which keys has an office whose certificates are no test? Those of an authority that is made for the test alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from documents.keys import LoadedKey, SigningKey
from engine.ports.outside import SignerName


class OfficeKeys:
    """An authority that is no test authority, as a real installation has."""

    def __init__(self, *, until: datetime = datetime(2035, 1, 1, tzinfo=UTC), lists_at: str = "") -> None:
        self.lists_at = lists_at
        self.root_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.until = until
        self.root = self._issue("CA công vụ", self.root_key, authority=True)

    def _issue(self, name: str, key: rsa.RSAPrivateKey, *, authority: bool) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = subject if authority else self.root.subject
        usage = dict.fromkeys(
            ["key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"], False
        ) | {
            "digital_signature": not authority,
            "content_commitment": not authority,
            "key_cert_sign": authority,
            "crl_sign": authority,
        }
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(2025, 1, 1, tzinfo=UTC))
            .not_valid_after(self.until)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
        )
        if self.lists_at and not authority:
            place = x509.DistributionPoint([x509.UniformResourceIdentifier(self.lists_at)], None, None, None)
            builder = builder.add_extension(x509.CRLDistributionPoints([place]), critical=False)
        return builder.sign(self.root_key, hashes.SHA256())

    def revocation_list(self, number: int, revoked: datetime, issued: datetime) -> x509.CertificateRevocationList:
        """A list with one certificate on it."""
        entry = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(revoked).build()
        return (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject)
            .last_update(issued)
            .next_update(issued + timedelta(days=30))
            .add_revoked_certificate(entry)
            .sign(self.root_key, hashes.SHA256())
        )

    def person(self, signer: SignerName, organisation: str) -> SigningKey:
        return self.organisation(signer.name)

    def organisation(self, name: str) -> SigningKey:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return LoadedKey(certificate=self._issue(name, key, authority=False), chain=(self.root,), private=key)


def write_pkcs12(path: Path, key: SigningKey, password: bytes) -> None:
    """Put a key and its certificates into a PKCS#12 file."""
    assert isinstance(key, LoadedKey)
    encryption = serialization.BestAvailableEncryption(password)
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key.private, key.certificate, key.chain, encryption))
