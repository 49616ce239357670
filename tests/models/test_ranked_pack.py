"""The format of what ranks: weights, sources of points and `ranking.toml` are read, and every slip is named."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import BadPack
from engine.process import packs
from engine.process.pack_diff import as_line, compare
from engine.process.spiff import SpiffRuntime
from engine.rules.criteria import GroupWeight, Source, SourceKind
from engine.rules.ranking import Block, Ties
from engine.rules.ranking_spec import RankingSpec
from tests.ranked import FOLDER

FILES = packs.read_folder(FOLDER) | packs.read_shared()
CRITERIA, RANKING = "criteria/2026.toml", "ranking.toml"


def changed(file: str, old: str, new: str) -> dict[str, bytes]:
    text = FILES[file].decode()
    assert old in text
    return FILES | {file: text.replace(old, new, 1).encode()}


def test_a_ranking_is_read_whole() -> None:
    assert packs.read_model(FILES, "x").ranking == RankingSpec(
        title="Bảng xếp hạng hàng xóm thân thiện",
        source="mặc định của phần mềm",
        blocks=(
            Block(key="ward", label="Khối phường", unit_kinds=("ward",)),
            Block(key="all", label="Toàn thành phố", unit_kinds=()),
        ),
        ties=Ties.STANDARD,
        appeal="appeal",
        no_score="Chưa được thẩm định.",
        held="Còn tiêu chí chưa có điểm.",
        commended=1,
        commended_blocks=(),
    )


def test_weights_and_sources_are_read() -> None:
    more = 'max_points = 10\nweight = 2.5\nfrom = {model = "khac", points = true}\nevidence_required'
    criteria = packs.read_model(changed(CRITERIA, "max_points = 10\nevidence_required", more), "x").criteria[2026]
    assert criteria.groups == (
        GroupWeight(name="Sạch", weight=Decimal(40)),
        GroupWeight(name="Đẹp", weight=Decimal(60)),
    )
    assert [(c.counts, c.source) for c in criteria.criteria[:2]] == [
        (Decimal("2.5"), Source(kind=SourceKind.POINTS, model="khac", key="")),
        (Decimal(10), None),
    ]


SLIPS = [
    (CRITERIA, 'group = "Đẹp"', 'group = "Xanh"', "Nhóm “Xanh” chưa có trọng số: khai bằng [[group]]."),
    (CRITERIA, "weight = 40", "weight = 0", "“weight” phải là"),
    (CRITERIA, "max_points = 20", 'max_points = 20\nfrom = {model = "a"}', "“from” cần đúng một trong: points, title, indicator, survey."),
    (CRITERIA, "max_points = 20", 'max_points = 20\nfrom = {title = "a"}', "Thiếu khóa “model”"),
    (RANKING, 'ties = "standard"', 'ties = "olympic"', "“ties” phải là một trong: standard, dense."),
    (RANKING, 'appeal = "appeal"', 'appeal = "later"', "Hạn “later” chưa được khai bằng [[deadline]]."),
    (RANKING, 'key = "all"', 'key = "ward"', "“ward” được khai hai lần."),
    (RANKING, 'key = "all"', 'key = "cả nước"', "“key” chỉ gồm chữ a–z, chữ số và “_”."),
    (RANKING, "commended = 1", 'commended = 1\ncommended_blocks = ["xa"]', "Không có [[block]] “xa”."),
    (RANKING, "no_score =", "noscore =", "Thiếu khóa “no_score”"),
    (RANKING, 'unit_kinds = ["ward"]', 'unit_kinds = ["moon"]', "Mã “moon” không có trong _shared/organisation.toml."),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "reason"), SLIPS)
def test_slips_are_named(file: str, old: str, new: str, reason: str) -> None:
    with pytest.raises(BadPack) as refused:
        packs.read_model(changed(file, old, new), "x")
    found = [(f.file, f.reason) for f in refused.value.findings]
    assert [name for name, why in found if why.startswith(reason)] == [file], found


def test_a_diagram_that_ranks_needs_to_know_how() -> None:
    files = {name: content for name, content in FILES.items() if name != RANKING}
    model = packs.read_model(files, "x")
    drawn = {name: content for name, content in model.files.items() if packs.is_diagram(name)}
    found = packs.check_model(model, SpiffRuntime().compile(drawn))
    reasons = [f"Thao tác “{operation}” cần tệp ranking.toml." for operation in ("draft_ranking", "publish_ranking")]
    assert sorted({f.reason for f in found if not f.warning}) == reasons


def test_what_is_ranked_otherwise_is_a_difference_between_versions() -> None:
    old = packs.read_model(FILES, "x")
    new = packs.read_model(changed(RANKING, 'ties = "standard"', 'ties = "dense"'), "x")
    heavier = packs.read_model(changed(CRITERIA, "weight = 40", "weight = 45"), "x")
    assert [as_line(change) for change in compare(old, new)] == [
        "~ xếp hạng ranking: cách xếp đồng hạng: “standard” → “dense”"
    ]
    assert [as_line(change) for change in compare(old, heavier)] == ["~ trọng số nhóm Sạch: trọng số: “40” → “45”"]
