"""One rendered and signed decision for all tests of this folder."""

from datetime import datetime
from pathlib import Path

import pytest

from documents.keys import TestKeys
from documents.pdf import PaperRenderer
from documents.signing import PaperSigner
from documents.verify import ICT
from engine.ports.outside import Rendered, SignerName
from tests.documents.samples import ORGANISATION, decision

AT = datetime(2027, 11, 28, 9, 15, 30, tzinfo=ICT)
SECRETARY = SignerName(id="u1", name="Trần Minh Đức", position="Bí thư")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> TestKeys:
    folder: Path = tmp_path_factory.mktemp("keys")
    return TestKeys(folder)


@pytest.fixture(scope="session")
def rendered() -> Rendered:
    return PaperRenderer().render(decision())


@pytest.fixture(scope="session")
def signed(rendered: Rendered, keys: TestKeys) -> bytes:
    return PaperSigner(keys).sign(rendered.pdf, person=SECRETARY, organisation=ORGANISATION, at=AT)
