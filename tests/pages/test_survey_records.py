"""What is told of a survey when it opens, and what is kept of it for ever: figures with their sample, never a single answer."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

from engine.rules.cycles import CycleState
from engine.use_cases import surveys
from tests.pages.surveyed import KEY, actor, held
from tests.pages.test_packages import asked, loaded, verified
from tests.pages.town import Town, text

ANSWERS = {"hai_long": "5", "sach_se": "co", "thich": ["qua"], "den_lai": True, "so_lan": 3}


def test_units_are_told_and_the_package_holds_the_figures(town: Town, tmp_path: Path) -> None:
    asking = held(town)
    branch = town.client("bithu")
    notices = branch.get("/thong-bao").soup
    told = text(notices.main)
    with town.house.read_uow() as uow:
        survey = surveys.load(uow, asking.cycle, KEY).survey
    assert f"Khảo sát tại đơn vị: {survey.title}" in told
    row = next(form for form in notices.select("main form[data-many]") if survey.title in text(form))
    assert branch.post(str(row["action"])).url == asking.place_path
    assert survey.title not in text(town.client("thietke").get("/thong-bao").soup.main)
    for number in range(survey.minimum):
        given = {**ANSWERS, "gop_y": f"Lời riêng số {number}"}
        with town.house.open_uow() as uow:
            found = surveys.follow(uow, asking.token, now=town.clock())
            assert found is not None
            surveys.answer(uow, found, given, str(number), now=town.clock())
    with town.house.open_uow() as uow:
        cycle = uow.cycles.get(asking.cycle)
        uow.cycles.save(replace(cycle, state=CycleState.CLOSED, closed_at=town.clock()))
    path = f"/chu-ky/{asking.cycle}/goi"
    officer = town.client("thanhdoan")
    asked(officer, path)
    town.house.work_off()
    package = loaded(officer, path).content
    report = verified(package, tmp_path)
    assert (report.problems, report.exit_code()) == ((), 0)
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        name = next(name for name in archive.namelist() if name.endswith(f"khao-sat/{KEY}.json"))
        content = archive.read(name)
    assert "Lời riêng" not in content.decode()
    assert asking.token not in content.decode()
    kept = json.loads(content)
    own = next(unit for unit in kept["units"] if unit["unit_name"] == asking.unit_name)
    other = next(unit for unit in kept["units"] if unit["unit_name"] != asking.unit_name)
    assert (kept["title"], kept["minimum_sample"], kept["held_by"]) == (survey.title, survey.minimum, _lead(town))
    assert (own["sheets"], own["sheets_by_origin"]) == (survey.minimum, {"open_link": survey.minimum})
    assert [(r["sample"], r["gap"]) for r in own["results"]] == [(survey.minimum, None)] * len(survey.indicators)
    assert {r["gap"] for r in other["results"]} == {"too_few"}
    assert [r["value"] for r in kept["overall"]] == [r["value"] for r in own["results"]]
    assert {one["question"] for one in kept["answers"]} == {q.key for q in survey.questions if q.kind != "text"}


def _lead(town: Town) -> str:
    with town.house.read_uow() as uow:
        return uow.units.get(next(iter(actor(town, "thanhdoan").units()))).code
