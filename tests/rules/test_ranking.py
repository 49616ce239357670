"""Places: by published points, ties as asked, nobody lost, the order of the input of no account."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FieldError, Invalid
from engine.rules import ranking_data
from engine.rules.ranking import Block, Entrant, Ties, table, tables
from engine.rules.text import sort_key

D = Decimal
WARDS = Block(key="ward", label="Khối phường", unit_kinds=("ward",))
COMMUNES = Block(key="commune", label="Khối xã, đặc khu", unit_kinds=("commune", "special_zone"))
ALL = Block(key="all", label="Toàn thành phố", unit_kinds=())


def unit(name: str, points: str | None, kind: str = "ward", reason: str = "Chưa đủ mẫu khảo sát.") -> Entrant:
    own = None if points is None else D(points)
    return Entrant(key=name, name=name, unit_kind=kind, points=own, reason=reason)


HERE = [
    unit("Phường Đồ Sơn", "88.50"),
    unit("Phường An Biên", "91.004"),
    unit("Phường Ấp Mới", "88.504"),
    unit("Phường Dương Kinh", None),
    unit("Xã An Lão", "91.00", "commune"),
    unit("Đặc khu Cát Hải", "70", "special_zone"),
]


def numbers(block: str, ties: Ties = Ties.STANDARD) -> list[tuple[int | None, str]]:
    return [(place.number, place.name) for place in tables(HERE, [WARDS, COMMUNES, ALL], ties=ties)[block]]


def test_equal_published_points_share_a_place_in_vietnamese_order() -> None:
    assert numbers("ward") == [
        (1, "Phường An Biên"),
        (2, "Phường Ấp Mới"),
        (2, "Phường Đồ Sơn"),
        (None, "Phường Dương Kinh"),
    ]
    assert numbers("commune") == [(1, "Xã An Lão"), (2, "Đặc khu Cát Hải")]


@pytest.mark.parametrize(("ties", "expected"), [(Ties.STANDARD, [1, 1, 3, 3, 5]), (Ties.DENSE, [1, 1, 2, 2, 3])])
def test_what_follows_a_shared_place_is_as_asked(ties: Ties, expected: list[int]) -> None:
    assert [number for number, _ in numbers("all", ties) if number is not None] == expected


def test_a_change_is_places_gained_since_last_year_in_the_same_list() -> None:
    before = {"ward": {"Phường Đồ Sơn": 5, "Phường An Biên": 1, "Phường Dương Kinh": 2}}
    found = tables(HERE, [WARDS, ALL], before=before)
    assert [(place.name, place.change) for place in found["ward"]] == [
        ("Phường An Biên", 0),
        ("Phường Ấp Mới", None),
        ("Phường Đồ Sơn", 3),
        ("Phường Dương Kinh", None),
    ]
    assert {place.change for place in found["all"]} == {None}


def test_the_unranked_keep_their_reason_and_the_ranked_need_none() -> None:
    assert [place.reason for place in tables(HERE, [WARDS])["ward"]] == ["", "", "", "Chưa đủ mẫu khảo sát."]


def test_what_cannot_be_ranked_is_refused_by_line() -> None:
    wrong = [unit("A", None, reason=" "), unit("B", "NaN"), unit("B", "1")]
    with pytest.raises(Invalid) as refused:
        tables(wrong, [ALL])
    assert refused.value.fields == {
        "entrants.0.reason": FieldError("unranked_without_reason", {"name": "A"}),
        "entrants.1.points": FieldError("points_not_finite", {"name": "B"}),
        "entrants.2.key": FieldError("entrant_twice", {"name": "B"}),
    }


entrants = st.lists(
    st.tuples(st.sampled_from(["An", "Ân", "Bình", "Ba", "Đa"]), st.one_of(st.none(), st.decimals(0, 3, places=3))),
    max_size=12,
).map(
    lambda rows: [
        Entrant(key=f"{n}", name=name, unit_kind="ward", points=points, reason="Lý do")
        for n, (name, points) in enumerate(rows)
    ]
)


@given(entrants, st.sampled_from(Ties), st.randoms())
def test_places_count_who_is_better_and_do_not_hang_on_the_order_of_the_input(
    given_in: list[Entrant], ties: Ties, chance: object
) -> None:
    found = table(given_in, ties=ties, before={})
    mixed = list(given_in)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert table(mixed, ties=ties, before={}) == found
    assert sorted(place.key for place in found) == sorted(e.key for e in given_in)
    for place in found:
        better = [
            p.points for p in found if p.points is not None and place.points is not None and p.points > place.points
        ]
        expected = 1 + (len(better) if ties is Ties.STANDARD else len(set(better)))
        assert place.number == (None if place.points is None else expected)
    ranked = [place for place in found if place.number is not None]
    assert found[: len(ranked)] == tuple(ranked)
    for one, other in pairwise(ranked):
        assert (one.number, sort_key(one.name)) <= (other.number, sort_key(other.name))


@given(entrants, st.sampled_from(Ties), st.dictionaries(st.sampled_from("0123"), st.integers(1, 9)))
def test_a_list_told_as_data_comes_out_the_same(given_in: list[Entrant], ties: Ties, before: dict[str, int]) -> None:
    data = ranking_data.asked(given_in, [WARDS, ALL], ties, {"ward": before})
    found = ranking_data.answered(tables(given_in, [WARDS, ALL], ties=ties, before={"ward": before}))
    assert ranking_data.ranked(data) == found
    assert ranking_data.fingerprint(data) == ranking_data.fingerprint(dict(reversed(data.items())))
    placed = {row["key"]: row["number"] for row in found["blocks"]["all"] if row["number"] is not None}
    assert ranking_data.places({"result": found})["all"] == placed


def test_a_unit_more_changes_nobody_above_it() -> None:
    first = table(HERE, ties=Ties.STANDARD, before={})
    more = table([*HERE, replace(HERE[0], key="thêm", points=D(80))], ties=Ties.STANDARD, before={})
    assert [p for p in more if p.points is not None and p.points > 80] == [
        p for p in first if p.points is not None and p.points > 80
    ]
