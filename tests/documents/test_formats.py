"""Profiles are dated data, and a body may change its own."""

from dataclasses import replace
from datetime import date

import pytest

from documents.formats import all_profiles, profile_for, profile_of
from documents.layout import sheet_of
from documents.lint import remarks_on
from engine.errors import Invalid, NotFound
from engine.rules.papers import Kind
from tests.documents.kinds import ALL
from tests.documents.samples import decision


def test_the_version_in_force_on_the_day_is_taken() -> None:
    days = (date(2017, 1, 1), date(2026, 5, 26), date(2026, 5, 27), None)
    assert [profile_for("party", day).source for day in days] == [
        "Hướng dẫn 36-HD/VPTW ngày 03/4/2018",
        "Hướng dẫn 36-HD/VPTW ngày 03/4/2018",
        "Hướng dẫn 05-HD/VPTW năm 2026",
        "Hướng dẫn 05-HD/VPTW năm 2026",
    ]
    with pytest.raises(NotFound):
        profile_for("army", None)


def test_every_profile_keeps_to_the_ranges_of_the_decree() -> None:
    # Nghị định 30/2020/NĐ-CP, Phụ lục I: 20-25, 20-25, 30-35, 15-20 mm; text 13-14 pt; lines 1 to 1.5.
    for profile in all_profiles():
        page = profile.page
        assert (page.top in range(20, 26), page.bottom in range(20, 26)) == (True, True)
        assert (page.left in range(30, 36), page.right in range(15, 21)) == (True, True)
        assert profile.size.body in (13, 14)
        assert 1 <= profile.body.line_height <= 1.5
        assert set(profile.types) == set(Kind)


def test_a_body_changes_its_own_profile_in_the_paper() -> None:
    own = (("head.mark", "---***---"), ("page.right", "15"), ("body.bases_italic", "false"), ("head.motto", "MỘT\nHAI"))
    profile = profile_of(replace(decision(), overrides=own))
    assert (profile.head.mark, profile.page.right, profile.body.bases_italic, profile.head.motto) == (
        "---***---",
        15,
        False,
        ("MỘT", "HAI"),
    )
    assert profile_of(decision()) == profile_for("youth-union", decision().date)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page.right", "}; @import 'x'"),
        ("page.right", "1000"),
        ("page.right", "0"),
        ("body.line_height", "nan"),
        ("body.bases_italic", "ja"),
        ("page.middle", "1"),
        ("types.decision", "QĐ"),
        ("id", "x"),
        ("head.mark", "x" * 201),
        ("page.__class__", "x"),
    ],
)
def test_other_changes_are_refused(name: str, value: str) -> None:
    with pytest.raises(Invalid):
        profile_of(replace(decision(), overrides=((name, value),)))


def test_an_overridden_number_line_is_no_format_string() -> None:
    paper = replace(decision(), overrides=(("head.number", "Số {code} {code.__class__}"),))
    assert sheet_of(paper, profile_of(paper)).number_line == "Số 07-QĐ/ĐTN {code.__class__}"


def test_every_kind_of_document_has_a_sample_and_every_profile_too() -> None:
    papers = [make() for make in ALL]
    assert {paper.kind for paper in papers} == set(Kind)
    assert {(profile_of(p).id, profile_of(p).valid_from) for p in papers} == {
        (p.id, p.valid_from) for p in all_profiles()
    }
    assert len({paper.id for paper in papers}) == len(papers)


def test_what_a_body_may_choose_is_within_its_profile_and_can_be_laid_out() -> None:
    for profile in all_profiles():
        for name, values in profile.allowed.items():
            for value in values:
                paper = replace(decision(), profile=profile.id, date=profile.valid_from, overrides=((name, value),))
                assert profile_of(paper).allowed == profile.allowed
                assert [r for r in remarks_on(paper) if r.field.startswith("overrides")] == []
