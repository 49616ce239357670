"""Does every document come back as it was, also one that looks like our own marks?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine.store.json_codec import dump_json, load_json
from tests.store.samples import ICT, NOW

keys = some.sampled_from(["a", "", "$day", "$instant", "$decimal", "$plain", "$x", 'q"{"$']) | some.text(max_size=4)
plain = (
    some.none()
    | some.booleans()
    | some.integers(-(2**63), 2**64 - 1)
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(max_size=12)
    | some.sampled_from(['{"$day":"2026-01-01"}', "$day"])
)
marked = (
    some.dates()
    | some.decimals(allow_nan=False, allow_infinity=False)
    | some.datetimes(min_value=datetime(1900, 1, 1), timezones=some.sampled_from([UTC, ICT]))
)
documents = some.recursive(
    plain | marked,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(keys, inner, max_size=3),
    max_leaves=20,
)


def typed(value: object) -> object:
    """The value with its types, so that True is not 1 and 1.0 is not Decimal(1)."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return type(value), str(value) if isinstance(value, Decimal) else value


@given(documents)
def test_documents_come_back_with_their_types(document: object) -> None:
    assert typed(load_json(dump_json(document))) == typed(document)


def test_the_marks_are_as_documented() -> None:
    document = {"d": date(2026, 11, 9), "i": NOW.astimezone(ICT), "n": Decimal("1.50"), "u": {"$day": "2026-01-01"}}
    assert dump_json(document) == (
        '{"d":{"$day":"2026-11-09"},"i":{"$instant":"2026-11-01T01:30:00.123456+00:00"},'
        '"n":{"$decimal":"1.50"},"u":{"$plain":{"$day":"2026-01-01"}}}'
    )


def test_read_only_mappings_and_tuples_are_written_as_what_they_look_like() -> None:
    assert dump_json(MappingProxyType({"a": (1, MappingProxyType({}))})) == '{"a":[1,{}]}'


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", datetime(2026, 1, 1)])
def test_what_has_no_place_in_a_document_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        dump_json({"value": value})
