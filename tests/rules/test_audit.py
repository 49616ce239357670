"""Is the root over a stretch of the chain the one that others would take by the same rule?"""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.rules.audit import merkle_root

HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=40)


def by_the_book(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, as it is written there."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\1" + by_the_book(leaves[:half]) + by_the_book(leaves[half:])).digest()


@settings(max_examples=60)
@given(HASHES)
def test_a_root_is_that_of_the_book(leaves: list[bytes]) -> None:
    assert merkle_root(leaf.hex() for leaf in leaves) == by_the_book(leaves).hex()
