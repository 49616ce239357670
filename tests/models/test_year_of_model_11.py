"""Does a rehearsed year of model 11 keep the dates of the annex, and does it follow its pack and nothing else?"""

from __future__ import annotations

import json
import random
import re
import subprocess
import zipfile
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from openpyxl import load_workbook

from api.wording import Wording
from documents.bag_verify import verify_package
from engine.process.pack_files import version_of
from engine.rules.cycles import CycleId
from engine.rules.dossiers import DossierState
from engine.rules.papers import paper_from_json
from engine.rules.text import sort_key
from tests.factories import Town
from tests.models.timeline import YEAR, Line, Year, copied, live, model_11, plain, replaced
from tests.support.tools import find_tool

OTHERS = ("residential", "administrative", "enterprise", "armed_forces")
UNITS = 15
FURNITURE = ("MẪU – không có giá trị pháp lý", "Ký số bằng chứng thư thử nghiệm – không có giá trị pháp lý")


def three_below_each(text: str) -> str:
    """Small superiors, so that a few units bring every kind of them."""
    return re.sub(r"units_per_superior = \d+", "units_per_superior = 3", text)


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack with small superiors: every cohort takes part."""
    return copied(model_11(), tmp_path_factory.mktemp("pack"), ("rehearsal.toml", three_below_each))


@pytest.fixture(scope="module")
def year(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Year:
    """2027 lived with real documents."""
    return live(pack, tmp_path_factory.mktemp("year"), units=UNITS, pages=True)


@pytest.fixture(scope="module")
def quick(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Year:
    """The same without pages."""
    return live(pack, tmp_path_factory.mktemp("quick"), units=UNITS)


def dated(lines: list[Line]) -> set[tuple[str | None, str, str | None]]:
    """(cohort, day, last day) of the lines."""
    return {(line.cohort, line.day, line.last_day) for line in lines}


# ---- the dates of the annex


def test_the_year_comes_to_its_end(year: Year) -> None:
    assert (year.rehearsed.closed, year.rehearsed.incidents) == (True, ())
    assert sum(count for _, count in year.rehearsed.outcome) == UNITS
    assert [line.day for line in year.of("opened")] == ["2026-08-25"]
    assert {line.cycle for line in year.lines} == {f"{year.rehearsed.model.key}/{YEAR}"}


def test_campaigns_begin_and_end_on_the_days_of_the_annex(year: Year) -> None:
    campaigns = year.of("campaign", task="register")
    assert dated(campaigns) == {
        *((cohort, "2026-11-01", "2026-11-09") for cohort in OTHERS),
        ("school", "2026-09-01", "2026-09-29"),
    }
    assert len(campaigns) == len({line.unit for line in campaigns}) == UNITS
    assert {line.at[10:] for line in campaigns} == {"T00:00:00+07:00"}


def test_registrations_are_counted_from_the_last_valid_day(year: Year) -> None:
    last_days = {(line.cohort, line.last_day) for line in year.of("submitted", task="register")}
    assert last_days <= {*((cohort, "2026-11-09") for cohort in OTHERS), ("school", "2026-09-29")}
    for line in year.of("submitted", task="register"):
        assert line.days_late == max(0, _days_between(line.last_day, line.day)), line


def test_reports_and_syntheses_have_their_last_days(year: Year) -> None:
    unions = {line.unit for line in year.lines if line.event == "decided"}
    for task, event, last_day in (
        ("registration_report", "reported", "2026-11-19"),
        ("synthesis", "synthesised", "2027-11-09"),
    ):
        lines = year.of(event, task=task)
        assert {(line.unit, line.cohort, line.last_day) for line in lines} == {(u, None, last_day) for u in unions}


def test_every_group_keeps_its_quarterly_tables(year: Year) -> None:
    groups = Counter((line.unit, line.last_day) for line in year.of("decided"))
    wanted: Counter[tuple[str | None, str, str]] = Counter()
    for unit, recognise in groups:
        school = recognise == "2027-05-19"
        days = SCHOOL_QUARTERS if school else OTHER_QUARTERS
        wanted.update((unit, task, day) for task, day in days.items())
    found = Counter(
        (line.unit, line.task, line.last_day)
        for line in year.of("reported")
        if line.task is not None and line.task.startswith("quarter-")
    )
    assert found == wanted


OTHER_QUARTERS = {
    "quarter-1": "2027-04-05",
    "quarter-2": "2027-07-05",
    "quarter-3": "2027-10-05",
    "quarter-4": "2027-11-09",
}
SCHOOL_QUARTERS = {"quarter-4": "2027-01-05", "quarter-1": "2027-04-05", "quarter-2": "2027-05-09"}


# ---- the documents


def recognised(year: Year) -> dict[tuple[str, str], list[str]]:
    """(base union, deadline group) → names of the recognised branches, in the order of their codes."""
    town = Town(f"sqlite:///{year.out / 'du-lieu' / 'chuky.sqlite3'}")
    found: dict[tuple[str, str], list[str]] = {}
    with town.look() as uow:
        dossiers = [d for d in uow.dossiers.of_cycle(CycleId(1)) if d.state is DossierState.RECOGNISED]
        for dossier in sorted(dossiers, key=lambda d: uow.units.get(d.unit_id).code):
            unit, superior, *_ = uow.units.path(dossier.unit_id)
            found.setdefault((superior.code, dossier.group), []).append(unit.name)
    town.close()
    return found


def text_of(pdf: Path) -> str:
    """The words of a PDF in the order of its content, single-spaced, without what stands on every page."""
    tool = find_tool("pdftotext", package="poppler-utils")
    done = subprocess.run([tool, "-raw", pdf, "-"], capture_output=True, text=True, check=True)
    text = " ".join(done.stdout.split())
    for words in FURNITURE:
        text = text.replace(words, " ")
    return " ".join(text.split())


@cache
def labels() -> tuple[str, ...]:
    return tuple(Wording().label("cohort", cohort) for cohort in (*OTHERS, "school"))


def rows_of(pdf: Path, year: Year) -> list[tuple[int, str]]:
    """(number, branch) of each row of the list of branches."""
    annex = text_of(pdf).split("Phụ lục I DANH SÁCH", 1)[1].split("Phụ lục II DANH SÁCH", 1)[0]
    criteria = year.rehearsed.model.criteria_for(YEAR)
    assert criteria is not None
    bands = "|".join(sorted((band.label for band in criteria.bands), key=len, reverse=True))
    row = rf"(\d+) (Chi đoàn .+?) (?:{'|'.join(labels())}) \d+ [\d,]+ (?:{bands})"
    return [(int(number), name) for number, name in re.findall(row, annex)]


def test_each_base_union_and_group_has_one_signed_decision_with_exactly_its_recognised(year: Year) -> None:
    wanted = recognised(year)
    assert len(wanted) > 3
    issued = {str(line.document): line for line in year.of("issued")}
    found = {}
    for name, line in issued.items():
        pdf = year.out / "van-ban" / name
        unit, group = re.findall(rf"-({line.unit})-(\w+)-{YEAR}\.pdf", name)[0]
        found[unit, group] = rows_of(pdf, year)
        assert line.last_day == ("2027-05-19" if group == "school" else "2027-11-29")
        assert signatures(pdf) == ["Signature is Valid."] * 2
        assert f"Công nhận {len(found[unit, group]):02} chi đoàn đạt danh hiệu" in text_of(pdf)
    assert found == {key: list(enumerate(names, 1)) for key, names in wanted.items()}
    assert len(issued) == len(wanted)


def signatures(pdf: Path) -> list[str]:
    """What poppler says of each signature."""
    tool = find_tool("pdfsig", package="poppler-utils")
    done = subprocess.run([tool, "-nocert", pdf], capture_output=True, text=True, check=False)
    return re.findall(r"Signature Validation: (.+)", done.stdout)


def test_nothing_lies_among_the_documents_but_what_was_issued(year: Year) -> None:
    folder = year.out / "van-ban"
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    named = {str(line.document) for line in year.lines if line.document}
    assert files == named | {name.replace(".pdf", ".docx") for name in named}
    assert {path.read_bytes()[:4] for path in folder.rglob("*.pdf")} == {b"%PDF"}


# ---- the seed


@pytest.mark.long
def test_the_same_seed_lives_the_same_year(pack: Path, quick: Year, year: Year, tmp_path: Path) -> None:
    again = live(pack, tmp_path / "again", units=UNITS)
    assert again.timeline == quick.timeline
    assert year.timeline == quick.timeline  # pages change nothing either
    other = live(pack, tmp_path / "other", units=UNITS, seed=2)
    assert other.timeline != quick.timeline
    assert dated(other.of("campaign")) == dated(quick.of("campaign"))


# ---- the pack is what is lived


def test_a_changed_date_changes_what_hangs_on_it_and_nothing_else(pack: Path, quick: Year, tmp_path: Path) -> None:
    moved = copied(pack, tmp_path, ("model.toml", replaced("day = 10", "day = 15", after='name = "register"')))
    other = live(moved, tmp_path / "out", units=UNITS)
    assert other.rehearsed.closed
    assert dated(other.of("campaign", task="register")) == {
        *((cohort, "2026-11-01", "2026-11-14") for cohort in OTHERS),
        ("school", "2026-09-01", "2026-09-29"),
    }
    last_days = {line.last_day for line in other.lines if line.task == "register" and line.cohort in OTHERS}
    assert last_days == {"2026-11-14"}
    assert plain(far_from_registering(other)) == plain(far_from_registering(quick))


#: What a later registration moves with it: its review, and what people do so many days after they were accepted.
REGISTERING = {"register", "review", "supplement", "progress"}


def far_from_registering(year: Year) -> list[Line]:
    """The school group's lines, and whatever of the others does not follow from the day on which they register."""
    schools = {line.unit for line in year.lines if line.cohort == "school"}
    return [
        line
        for line in year.lines
        if line.unit in schools or (line.task not in REGISTERING and line.event not in ("asked", "withdrawn"))
    ]


@pytest.mark.parametrize(
    ("flow", "by"),
    [
        (("dang_ky", "gop_tiep_nhan"), "branch"),
        pytest.param(("hop_xet", "cong_bo_ket_qua"), "superior", marks=pytest.mark.long),
        pytest.param(("xet_dang_ky", "trien_khai"), "branch", marks=pytest.mark.long),
    ],
)
def test_an_inserted_task_is_lived_and_nothing_else_changes(
    pack: Path, quick: Year, tmp_path: Path, flow: tuple[str, str], by: str
) -> None:
    changed = copied(pack, tmp_path, ("cycle.bpmn", lambda text: with_task(text, *flow)))
    other = live(changed, tmp_path / "out", units=UNITS)
    assert other.rehearsed.closed
    added = [line for line in other.lines if "Việc chen vào" in line.text]
    rest = [line for line in other.lines if "Việc chen vào" not in line.text]
    assert plain(rest) == plain(quick.lines)
    assert {(line.event, line.task, line.last_day, line.days_late) for line in added} == {
        ("completed", "fill", None, None)
    }
    assert {line.cohort is None for line in added} == {by == "superior"}
    event = {"dang_ky": "submitted", "hop_xet": "decided", "xet_dang_ky": "accepted"}[flow[0]]
    first = {"dang_ky": "register", "hop_xet": "recognise", "xet_dang_ky": "review"}[flow[0]]
    assert len(added) == len(quick.of(event, task=first))


def with_task(text: str, source: str, target: str) -> str:
    """Put a user task without any property, lane or shape into the flow between two nodes."""
    flow = re.search(rf'<bpmn:sequenceFlow id="(\w+)"[^>]*sourceRef="{source}" targetRef="{target}"', text)
    assert flow is not None
    task = (
        f'<bpmn:userTask id="chen" name="Việc chen vào"><bpmn:incoming>{flow[1]}</bpmn:incoming>'
        f"<bpmn:outgoing>f_chen</bpmn:outgoing></bpmn:userTask>"
        f'<bpmn:sequenceFlow id="f_chen" sourceRef="chen" targetRef="{target}" />'
    )
    led = flow[0].replace(f'targetRef="{target}"', 'targetRef="chen"')
    text = text.replace(flow[0], f"{task}{led}", 1)
    return text.replace(f"<bpmn:incoming>{flow[1]}</bpmn:incoming>", "<bpmn:incoming>f_chen</bpmn:incoming>").replace(
        'name="Việc chen vào"><bpmn:incoming>f_chen<', f'name="Việc chen vào"><bpmn:incoming>{flow[1]}<'
    )


def _days_between(first: str | None, last: str) -> int:
    assert first is not None
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


# ---- what is left for the archive


def test_the_register_lists_every_document_once_sorted_and_ready_to_print(year: Year) -> None:
    book = load_workbook(year.out / "so-dang-ky.xlsx")
    everything = book.worksheets[0]
    heads = [cell.value for cell in everything[3]]
    rows = [dict(zip(heads, row, strict=True)) for row in everything.iter_rows(4, values_only=True) if row[1]]
    issued = {line.document for line in year.lines if line.document}
    # Reports are numbered too, and kept with their forms.
    documents = [row for row in rows if row["Loại"] != "BC"]
    assert len(documents) == len(issued) == year.rehearsed.documents < len(rows)
    numbers = [(row["Đơn vị ban hành"], row["Năm"], row["Sổ"], row["Số"]) for row in rows]
    assert numbers == sorted(numbers, key=lambda n: (sort_key(str(n[0])), *n[1:]))
    for unit in {number[:3] for number in numbers}:
        assert [n[3] for n in numbers if n[:3] == unit] == list(range(1, 1 + sum(n[:3] == unit for n in numbers)))
    with zipfile.ZipFile(year.out / "goi-luu-tru" / f"{YEAR}.zip") as archive:
        places = ("/data/van-ban/", "/giay/")
        contents = [n for n in archive.namelist() if n.endswith(".json") and any(place in n for place in places)]
        papers = [paper_from_json(archive.read(name)) for name in contents]
    assert Counter((p.code, p.date, p.subject or None) for p in papers) == Counter(
        (row["Số, ký hiệu văn bản"], row["Ngày tháng văn bản"].date(), row["Trích yếu nội dung văn bản"])
        for row in rows
    )
    assert len(book.worksheets) == 1 + len({number[:2] for number in numbers})
    for sheet in book.worksheets:
        assert (sheet.print_title_rows, sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == (
            "$3:$3",
            "landscape",
            0,
        )


def test_the_package_of_the_year_holds_all_of_it_and_is_refused_after_a_change(year: Year, tmp_path: Path) -> None:
    path = year.out / "goi-luu-tru" / f"{YEAR}.zip"
    assert year.rehearsed.package == path
    report = verify_package(path)
    assert (report.problems, report.exit_code(), report.exit_code(strict=True)) == ((), 0, 1)
    assert report.contents is not None
    book = load_workbook(year.out / "so-dang-ky.xlsx").worksheets[0]
    numbers = [row for row in book.iter_rows(4, values_only=True) if row[1]]
    assert (report.contents.documents, report.contents.register_rows) == (year.rehearsed.documents, len(numbers))
    assert report.contents.events == len(year.lines)
    with zipfile.ZipFile(path) as archive:
        names = {name.partition("/data/")[2] for name in archive.namelist()}
        files = {
            file.relative_to(year.out / "van-ban").as_posix(): file for file in (year.out / "van-ban").rglob("*.*")
        }
        assert {f"van-ban/{name}" for name in files if name.endswith((".pdf", ".docx"))} <= names
        base = archive.namelist()[0].partition("/")[0]
        assert all(archive.read(f"{base}/data/van-ban/{name}") == file.read_bytes() for name, file in files.items())
        rows = [json.loads(line) for line in archive.read(f"{base}/data/ho-so.jsonl").splitlines()]
        assert len([row for row in rows if row["evidence"] >= 0]) == len(
            {name for name in names if name.endswith("/ho-so.json")}
        )
        pack = {
            name.removeprefix("mo-hinh/"): archive.read(f"{base}/data/{name}")
            for name in names
            if name.startswith("mo-hinh/")
        }
    assert version_of(pack) == year.rehearsed.model.sha256
    content, chance = path.read_bytes(), random.Random(1)
    for _ in range(60):
        place = chance.randrange(len(content))
        spoilt = tmp_path / "goi.zip"
        spoilt.write_bytes(content[:place] + bytes([content[place] ^ chance.randrange(1, 256)]) + content[place + 1 :])
        assert verify_package(spoilt).exit_code() == 1, place
