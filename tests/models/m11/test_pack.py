"""The pack as a whole: what the diagram asks for is there, forms can be shown, texts can be filled."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from api.forms import check_form
from engine.process import packs
from engine.process.deploy import check
from engine.rules.cycle_models import Json
from engine.rules.papers import Align, Capacity, Kind
from engine.rules.scoring import band_of, score
from tests.models.m11.walking import definition, model


def test_diagram_and_model_ask_nothing_of_each_other_that_is_missing() -> None:
    assert packs.check_model(model(), definition()) == []
    assert list(definition().warnings) == []


def test_processes_and_what_starts_them() -> None:
    told = [(p.id, p.scope, p.unit_kind, p.setting, p.over) for p in model().processes]
    assert told == [
        ("chi_doan", "unit", "branch", None, None),
        ("nhom_han", "group", "base_union", None, "chi_doan"),
        ("phieu_chi_doan", "unit", "branch", "branch_slip", None),
        ("doan_co_so", "unit", "base_union", None, "chi_doan"),
        ("huy_bo_cong_nhan", "demand", "branch", None, None),
        ("dieu_hanh", "unit", "city_union", None, None),
    ]
    assert definition().processes["huy_bo_cong_nhan"].start_messages == ("cancellation_asked",)


def test_every_task_stands_in_a_declared_lane_and_says_what_to_do() -> None:
    tasks = [n for p in definition().processes.values() for n in p.nodes.values() if n.kind == "userTask"]
    assert [n.id for n in tasks if n.lane not in model().lanes] == []
    assert [n.id for n in tasks if not n.documentation] == []
    assert [n.id for n in tasks if n.form_key is None] == []


def test_only_progress_has_no_deadline() -> None:
    tasks = [n for p in definition().processes.values() for n in p.nodes.values() if n.kind == "userTask"]
    assert [n.properties["act"] for n in tasks if "deadline" not in n.properties] == ["progress"]


def test_forms_can_be_shown() -> None:
    files = {name: data for name, data in model().files.items() if name.startswith("forms/")}
    assert {name: check_form(data, file=name) for name, data in files.items() if check_form(data, file=name)} == {}
    assert [name for name, form in model().forms.items() if form["$id"] != name] == []


def test_forms_ask_of_members_nothing_but_name_and_year_of_birth() -> None:
    asked = {column for form in model().forms.values() for column in columns(form, "members")}
    assert asked == {"full_name", "birth_year", "self_result", "result"}


def test_reserved_tables_carry_what_the_use_cases_match_by() -> None:
    keyed = {name: columns(form, "rows") for name, form in model().forms.items() if columns(form, "rows")}
    assert {name for name, listed in keyed.items() if "code" in listed and "unit" in listed} == set(keyed)
    assert {name for name, form in model().forms.items() if "points" in columns(form, "scores")} == {
        "de-nghi",
        "tham-dinh",
    }


def columns(form: Mapping[str, Json], table: str) -> list[str]:
    properties = form["properties"]
    assert isinstance(properties, Mapping)
    found = properties.get(table)
    if not isinstance(found, Mapping):
        return []
    items = found["items"]
    assert isinstance(items, Mapping)
    inner = items["properties"]
    assert isinstance(inner, Mapping)
    return list(inner)


def test_sample_criteria_are_marked_and_add_up_to_a_hundred() -> None:
    criteria = model().criteria_for(2027)
    assert criteria is not None
    assert (criteria.sample, "MẪU" in criteria.name, sum(c.max_points for c in criteria.criteria)) == (True, True, 100)
    assert Counter(c.group for c in criteria.criteria) == {
        "Chính trị, tư tưởng": 3,
        "Đạo đức, lối sống, pháp luật": 3,
        "Xung kích, tình nguyện, học tập": 3,
        "Xây dựng chi đoàn": 3,
    }
    assert [c.key for c in criteria.criteria if c.hard_fail] == ["2.1"]


def test_levels_of_completion_begin_where_the_criteria_say() -> None:
    criteria = model().criteria_for(2027)
    assert criteria is not None
    full = {c.key: c.max_points for c in criteria.criteria}
    lost = [Decimal(0), Decimal(10), Decimal("10.5"), Decimal(20), Decimal("20.5"), Decimal(30), Decimal("30.5")]
    bands = []
    for points in lost:
        spread = {key: (points / 9 if key in NINE_OF_TEN else Decimal(0)) for key in full}
        bands.append(score(criteria, "school", {key: full[key] - spread[key] for key in full}).band.key)
    assert bands == ["excellent", "excellent", "good", "good", "fulfilled", "fulfilled", "not_fulfilled"]
    assert score(criteria, "school", full | {"2.1": Decimal(0)}).band.key == "not_fulfilled"


def test_the_decision_table_says_what_the_criteria_say() -> None:
    criteria = model().criteria_for(2027)
    assert criteria is not None
    points = [Decimal(n) / 2 for n in range(201)]
    bands = [band_of(criteria, n) for n in points]
    told = [level(n, hard_fail=False) for n in points]
    assert told == [{"band": band.key, "recognised": band.recognised} for band in bands]
    assert level(Decimal(98), hard_fail=True) == {"band": criteria.bands[-1].key, "recognised": False}


def level(points: Decimal, *, hard_fail: bool) -> object:
    tables = check({"muc-do.dmn": model().files["muc-do.dmn"]}).decisions
    asked = {"score": points, "hard_fail": hard_fail}
    return tables["muc_do"].decide("muc_do", asked, facts={}, now=datetime(2027, 11, 12, tzinfo=UTC))


#: Criteria that lose points in the test above; none of them decides alone.
NINE_OF_TEN = {"1.1", "1.2", "1.3", "2.2", "3.1", "3.2", "4.1", "4.2", "4.3"}


def test_documents_name_known_kinds_bases_and_placeholders() -> None:
    bases = {str(row["key"]) for row in tables(model().rehearsal["city"], "basis")}
    for key, raw in model().documents.items():
        head = raw["document"]
        signatures = [raw["signature"]] if isinstance(raw.get("signature"), Mapping) else tables(raw, "signature")
        assert isinstance(head, Mapping)
        assert Kind(str(head["kind"])), key
        assert {Capacity(str(signature["capacity"])) for signature in signatures if isinstance(signature, Mapping)} or (
            head["kind"] == Kind.RECEIPT
        ), key
        assert set(strings(head.get("bases", []))) <= bases, key
        aligned = {str(column["align"]) for annex in tables(raw, "annex") for column in tables(annex, "columns")}
        assert aligned <= set(Align), key
        used = set(re.findall(r"\{([a-z_]+)\}", str(raw)))
        noted = set(re.findall(r"\{([a-z_]+)\}", comments(f"documents/{key}.toml")))
        assert used <= noted, key


def comments(name: str) -> str:
    return "\n".join(line for line in model().files[name].decode().splitlines() if line.startswith("#"))


def tables(raw: object, name: str) -> list[Mapping[str, Json]]:
    rows = raw.get(name, []) if isinstance(raw, Mapping) else []
    return [row for row in rows if isinstance(row, Mapping)]


def strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
