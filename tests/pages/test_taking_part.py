"""What pages call who takes part: by the model, so that no commune reads of branches and no station of a registration."""

from pathlib import Path

import pytest

from api.pages.cycle_counts import Counts, cells, heads, stats
from api.pages.taking_part import TakingPart, taking_part
from api.wording import Wording
from engine.process import packs
from engine.rules.cycles import CycleId

PACKS = sorted(f for f in (Path(__file__).parents[2] / "bpmn").iterdir() if (f / "model.toml").is_file())
ALL = TakingPart(noun="chi đoàn", registers=True, recognises=True, members=True)
FEW = TakingPart(noun="đơn vị", registers=False, recognises=False, members=False)
COUNTS = Counts(label="Phường", units=8, registered=5, late=1, accepted=4, proposed=3, met=2, ended=6, recognised=1)


def of(folder: Path) -> TakingPart:
    return taking_part(packs.read_pack(folder), Wording())


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_members_and_titles_are_those_of_the_model(folder: Path) -> None:
    model, who = packs.read_pack(folder), of(folder)
    assert who.members == any(title.holder == "member" for title in model.titles)
    assert who.recognises == bool(model.titles)
    assert who.noun == who.noun.strip() != ""


def test_one_kind_gives_its_name_several_do_not() -> None:
    found = {folder.name: of(folder) for folder in PACKS}
    assert found["chi-doan-xhcn"] == ALL
    assert found["thanh-pho-van-minh"] == FEW
    assert found["suc-khoe-toan-dan"] == TakingPart(noun="trạm y tế", registers=False, recognises=False, members=False)


def test_only_steps_of_the_model_are_counted() -> None:
    assert heads(ALL) == [
        "Số chi đoàn", "Đã đăng ký", "Chưa đăng ký", "Đăng ký muộn", "Đã tiếp nhận", "Đã đề nghị", "Đạt", "Công nhận",
        "Đoàn viên đăng ký", "Đoàn viên công nhận",
    ]  # fmt: skip
    assert heads(FEW) == ["Số đơn vị", "Đã kết thúc"]
    for who in (ALL, FEW):
        assert len(cells(CycleId(1), COUNTS, who)) == 1 + len(heads(who))
    assert cells(CycleId(1), COUNTS, FEW) == [
        "Phường",
        '<a href="/chu-ky/1/ho-so">8</a>',
        '<a href="/chu-ky/1/ho-so?tt=closed">6</a>',
    ]
    assert [(figure, label) for figure, label, *_ in stats(CycleId(1), COUNTS, FEW, closing=True)] == [
        ("8", "Đơn vị tham gia"),
        ("6", "Đã kết thúc"),
    ]
    assert [label for _, label, *_ in stats(CycleId(1), COUNTS, ALL, closing=True)] == [
        "Chi đoàn tham gia", "Đã đăng ký", "Chưa đăng ký", "Đã tiếp nhận", "Được công nhận", "Đoàn viên đăng ký",
        "Đoàn viên được công nhận",
    ]  # fmt: skip
