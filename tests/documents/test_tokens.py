"""A key on a token signs without leaving it; a wrong PIN is tried once."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from documents.keyring import INDEX, KeyRing
from documents.keys import LoadedKey
from documents.signing import PaperSigner
from documents.tokens import Token
from documents.verify import Trust, verify_pdf
from engine.errors import SigningFailed
from engine.ports.outside import Rendered
from tests.documents.conftest import AT
from tests.documents.office import OfficeKeys
from tests.documents.samples import ORGANISATION
from tests.documents.test_keyring import DUC
from tests.support import softhsm as support

INDEX_TEXT = f"""
[[key]]
person = "duc.tran"
label = "duc"
certificate = "duc.pem"
chain = "ca.pem"

[[key]]
organisation = "{ORGANISATION}"
label = "duc"
certificate = "dau.pem"

[[key]]
person = "an.le"
label = "khong-co"
certificate = "duc.pem"
"""


# One test: the library reads where its tokens lie once in a process.
def test_a_token_signs_and_says_what_is_wrong(softhsm: support.Token, rendered: Rendered, tmp_path: Path) -> None:
    office = OfficeKeys()
    person, seal = office.person(DUC, ORGANISATION), office.organisation(ORGANISATION)
    assert isinstance(person, LoadedKey)
    assert isinstance(seal, LoadedKey)
    pem = person.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "duc.key").write_bytes(pem)
    softhsm.import_key(tmp_path / "duc.key", label="duc", id_hex="01")
    for name, certificate in (("duc", person.certificate), ("dau", seal.certificate), ("ca", office.root)):
        (tmp_path / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / INDEX).write_text(INDEX_TEXT, "utf-8")
    pins = [b"00000000"]
    token = Token(softhsm.module, softhsm.label, lambda: pins[-1], tmp_path)
    ring = KeyRing(tmp_path, token.open)

    with pytest.raises(SigningFailed, match="mã PIN của thiết bị ký không đúng hoặc"):
        ring.person(DUC, ORGANISATION)
    with pytest.raises(SigningFailed, match="không thử lại để khỏi bị khóa"):
        ring.person(DUC, ORGANISATION)

    pins.append(softhsm.pin.encode())
    signed = PaperSigner(ring, test=False).sign(rendered.pdf, person=DUC, organisation=None, at=AT)
    answer = verify_pdf(signed, [office.root])
    assert [(s.name, s.trust, s.problem) for s in answer.signatures] == [(DUC.name, Trust.TRUSTED, "")]

    with pytest.raises(SigningFailed, match="khóa nhãn “duc” trên thiết bị không khớp với chứng thư"):
        ring.organisation(ORGANISATION)
    said = [state.problem for state in ring.states({"duc.tran": DUC.name, "an.le": DUC.name}, AT)]
    assert said[0] == ""
    assert said[2] == "thiết bị ký có 0 mục ứng với nhãn “khong-co”, cần đúng một"

    other = KeyRing(tmp_path, Token(softhsm.module, "khac", lambda: pins[-1], tmp_path).open)
    with pytest.raises(SigningFailed, match="không thấy đúng một thiết bị ký tên “khac”"):
        other.person(DUC, ORGANISATION)
    missing = KeyRing(tmp_path, Token(tmp_path / "khong-co.so", "x", lambda: pins[-1], tmp_path).open)
    with pytest.raises(SigningFailed, match=r"thư viện PKCS#11 khong-co\.so"):
        missing.person(DUC, ORGANISATION)
