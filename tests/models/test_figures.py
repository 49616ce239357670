"""The format of `targets.toml` and of marked fields: read whole, and every slip named by file and line."""

import json
from decimal import Decimal

import pytest

from engine.process import packs
from engine.rules.figures import Gather, Indicator, Origin, Quarters
from engine.rules.targets import Comparison, Measure, Target
from tests.models.test_pack_format import FILES, SHARED, findings, judged

TARGETS = """
[[indicator]]
key = "trees"
label = "Tỷ lệ cây sống"
measure = "percent"
unit = "cây"
unit_kinds = ["branch"]
gather = "sum"
period = "quarter"
quarters = "sum"
note = "Nguồn ghi hai số."

[[indicator]]
key = "gardens"
label = "Vườn đăng ký"
measure = "percent"
from = "registered_units"

[[target]]
indicator = "trees"
comparison = ">="
value = 90.5
first_year = 2027
wording = "90,5%"
source = "Mục 1"

[[target]]
indicator = "gardens"
comparison = ">="
value = 90
after_years = 3
title = "garden"
first_year = 2026
wording = "90% sau 3 năm"
source = "Mục 2"
"""


def pack(targets: str = TARGETS, **fields: object) -> dict[str, bytes]:
    """The made-up model with these targets, and these fields in its form."""
    form = json.loads(FILES["forms/dang-ky.json"])
    form["properties"] |= fields
    return SHARED | FILES | {"targets.toml": targets.encode(), "forms/dang-ky.json": json.dumps(form).encode()}


def marked(indicator: str, part: str = "value", **more: object) -> dict[str, object]:
    return {"type": "integer", "title": "Số cây", "x-figure": {"indicator": indicator, "part": part}, **more}


def test_indicators_and_targets_are_read_whole() -> None:
    model = packs.read_model(pack(), "vuon")
    assert model.indicators == (
        Indicator(
            key="trees",
            label="Tỷ lệ cây sống",
            measure=Measure.PERCENT,
            unit="cây",
            gather=Gather.SUM,
            quarterly=True,
            quarters=Quarters.SUM,
            unit_kinds=("branch",),
            note="Nguồn ghi hai số.",
        ),
        Indicator(key="gardens", label="Vườn đăng ký", measure=Measure.PERCENT, origin=Origin.REGISTERED_UNITS),
    )
    plain = {"measure": Measure.PERCENT, "comparison": Comparison.AT_LEAST, "upper": None, "last_year": None}
    assert model.targets == (
        Target(
            indicator="trees",
            label="Tỷ lệ cây sống",
            value=Decimal("90.5"),
            first_year=2027,
            wording="90,5%",
            source="Mục 1",
            note="Nguồn ghi hai số.",
            **plain,  # type: ignore[arg-type]  # fields by name
        ),
        Target(
            indicator="gardens",
            label="Vườn đăng ký",
            value=Decimal(90),
            first_year=2026,
            wording="90% sau 3 năm",
            source="Mục 2",
            after_years=3,
            title="garden",
            **plain,  # type: ignore[arg-type]
        ),
    )


def test_without_indicators_the_targets_name_them() -> None:
    only = TARGETS[TARGETS.index("[[target]]") :].replace(
        'comparison = ">="', 'label = "Cây"\nmeasure = "count"\ncomparison = ">="'
    )
    assert packs.read_model(pack(only), "vuon").indicators == (
        Indicator(key="trees", label="Cây", measure=Measure.COUNT),
        Indicator(key="gardens", label="Cây", measure=Measure.COUNT),
    )


def test_a_target_with_label_and_measure_needs_no_declaration() -> None:
    own = TARGETS.replace('indicator = "trees"', 'indicator = "bees"\nlabel = "Ong"\nmeasure = "count"')
    found = packs.read_model(pack(own), "vuon").indicators
    assert [(i.key, i.label, i.measure) for i in found] == [
        ("bees", "Ong", Measure.COUNT),
        ("gardens", "Vườn đăng ký", Measure.PERCENT),
        ("trees", "Tỷ lệ cây sống", Measure.PERCENT),
    ]


SLIPS = [
    ('indicator = "trees"', 'indicator = "tree"', 'indicator = "tree"', "target.1.indicator", "Chỉ số “tree” chưa được khai bằng [[indicator]]."),
    ('unit_kinds = ["branch"]\n', "", "[[indicator]]", "indicator.trees.unit_kinds", "Cần “unit_kinds”: những đơn vị nào nhập số liệu để gộp."),
    ('from = "registered_units"', 'from = "registered_units"\ngather = "sum"', 'gather = "sum"', "indicator.gardens.gather", "“gather” không đi cùng “from”: số liệu được đếm từ chu kỳ, không ai nhập."),
    ('from = "registered_units"', 'from = "stars"', 'from = "stars"', "indicator.gardens.from", "“from” phải là một trong:"),
    ('from = "registered_units"', 'from = "titled_units"', "", "indicator.gardens.title", "“title” đi cùng from = “titled_units”, không đi riêng."),
    ('title = "garden"\n', "", "", "target.2.title", "“after_years” và “title” đi cùng nhau"),
    ('source = "Mục 1"\n', "", "", "target.1.source", "Thiếu khóa “source”"),
    ('wording = "90,5%"\n', "", "", "target.1.wording", "Thiếu khóa “wording”"),
    ("value = 90.5", 'value = 90.5\nmeasure = "count"', 'measure = "count"', "target.1.measure", "Chỉ số “trees” được khai là “percent”."),
    ('label = "Vườn đăng ký"', 'label = "Vườn đăng ký"\nhue = 1', "hue", "indicator.gardens.hue", "Không biết khóa “hue”."),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "at", "element", "reason"), SLIPS)
def test_slips_are_named(old: str, new: str, at: str, element: str, reason: str) -> None:
    text = TARGETS.replace(old, new, 1)
    (file, line, where, why) = findings(pack(text))[0]
    assert (file, where, why.startswith(reason)) == ("targets.toml", element, True)
    assert not at or at in text.splitlines()[line - 1]


def test_fields_that_fit_have_no_findings() -> None:
    yearly = TARGETS.replace('period = "quarter"\nquarters = "sum"\n', "")
    assert judged(pack(yearly, trees=marked("trees"), all=marked("trees", "whole"))) == []


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        (marked("tree"), "x-figure: chỉ số “tree” không có trong targets.toml."),
        (marked("gardens"), "x-figure: chỉ số “gardens” được đếm từ chu kỳ (from), biểu mẫu không ghi vào được."),
        (marked("trees", type="string"), "x-figure: chỉ trường số (number, integer) mới ghi được số liệu."),
        (marked("trees", "baseline"), "x-figure: chỉ số “trees” không tính mức giảm nên không có số gốc (baseline)."),
        (marked("trees"), "x-figure: chỉ số “trees” tính theo quý, mà việc “dang_ky” không cho biết quý nào."),
    ],
)
def test_fields_that_do_not_fit_are_named(field: dict[str, object], reason: str) -> None:
    assert ("forms/dang-ky.json", 0, "so_cay", reason, False) in judged(pack(so_cay=field))


def test_titles_and_forms_that_are_counted_must_be_there() -> None:
    titled = TARGETS.replace('from = "registered_units"', 'from = "titled_units"\ntitle = "gardn"')
    handing = TARGETS.replace('from = "registered_units"', 'from = "handing_units"\nform = "bao-cao"')
    assert [f[2:4] for f in judged(pack(titled))] == [
        ("indicator.gardens", "Không có [[title]] “gardn” trong model.toml.")
    ]
    assert [f[2:4] for f in judged(pack(handing))] == [("indicator.gardens", "Thiếu biểu mẫu forms/bao-cao.json.")]


def test_only_forms_of_tasks_write_figures() -> None:
    apart = json.dumps({"type": "object", "title": "X", "properties": {"so_cay": marked("trees")}}).encode()
    reason = "x-figure: không việc nào của sơ đồ dùng biểu mẫu này, nên không có số liệu nào được ghi."
    assert ("forms/rieng.json", 0, "so_cay", reason, False) in judged(pack() | {"forms/rieng.json": apart})
