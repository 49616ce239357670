"""Every date of the eleven models of the annex can be said with the closed list of rules, and gives the day the annex means.

The rules are written as a pack writes them and read by the reader of packs. The days on the right were worked out by hand from
the annex, the Civil Code (articles 146 to 148) and the calendar of the years, not by the program.
"""

from datetime import date, datetime
from pathlib import Path

import pytest

from engine.process import packs
from engine.rules.cycle_models import CycleModel
from engine.rules.deadlines import Deadline, count_within, dated, deadlines_of
from engine.rules.lateness import lateness_of
from tests.rules.calendars import REAL

PACK = next(p for p in (Path(__file__).parent / "packs").iterdir() if (p / "model.toml").is_file())
FILES = packs.read_shared() | packs.read_folder(PACK)
#: Questionnaires and lists name deadlines of the made-up pack.
PLAIN = {name: content for name, content in FILES.items() if not name.startswith("surveys/")}

#: One line per deadline: name, rule and its keys; wording and source are the same for all.
MODELS = {
    "m01": """
        plan_government    rule="quarter"; number=1; unit_kinds=["commune","ward","special_zone"]; first_year=2025; last_year=2027
        plan_office        rule="quarter"; number=1; unit_kinds=["department"]; first_year=2026; last_year=2027
        field_visit        rule="recurring"; period="week"; n=1
        reception          rule="recurring"; period="month"; n=1
        register           rule="before"; day=31; month=3
        self_assess        rule="before"; day=31; month=10
        appraise           rule="window"; opens={day=1, month=11}; day=30; month=11
        decide             rule="before"; day=20; month=12
        criteria           rule="one_off"; starts=2025-04-01; on=2025-06-30
        consultation       rule="one_off"; starts=2025-07-01; on=2025-09-30
    """,
    "m02": """
        city_plan          rule="within"; n=15; unit="calendar_day"; event="Thủ tướng ban hành kế hoạch"
        unit_plan          rule="within"; n=10; unit="working_day"; event="Ủy ban nhân dân thành phố ban hành kế hoạch"
        monitoring         rule="standing"
        law_day            rule="by"; day=9; month=11
        weekly_news        rule="recurring"; period="week"
        annual_report      rule="before"; day=15; month=12
    """,
    "m03": """
        annual_plan        rule="window"; opens={day=1, month=2}; day=31; month=3; first_year=2027
        select_criteria    rule="before"; day=15; month=3; unit_kinds=["special_zone"]
        training           rule="standing"; first_year=2026
        survey             rule="quarter"; number=4; first_year=2026
        score              rule="window"; opens={day=1, month=12}; day=31; month=1; year_offset=1; first_year=2026
        annual_report      rule="window"; opens={day=1, month=1, year_offset=1}; day=29; month=2; year_offset=1; first_year=2026
        comment            rule="within"; n=5; unit="working_day"; event="công bố kết quả dự thảo"
        preparation        rule="one_off"; on=2025-12-31
    """,
    "m04": """
        call               rule="quarter"; number=1
        apply              rule="before"; day=30; month=4
        select             rule="quarter"; number=2
        mid_review         rule="quarter"; number=4
        accept             rule="before"; day=15; month=12
        support_plan       rule="recurring"; period="year"; first_year=2029
        regulation         rule="one_off"; starts=2026-06-01; on=2026-06-30
        pilot              rule="one_off"; starts=2026-01-01; on=2028-12-31
    """,
    "m05": """
        task_plan          rule="recurring"; period="year"
        progress           rule="recurring"; period="quarter"
        inspection         rule="quarter"; number=3
        recognise          rule="before"; day=15; month=12
        first_clusters     rule="one_off"; starts=2025-08-01; on=2030-12-31
    """,
    "m06": """
        annual_plan        rule="before"; day=31; month=1
        progress-1         rule="after_period"; period="quarter"; number=1; n=5; boundary="exclusive"
        progress-4         rule="after_period"; period="quarter"; number=4; n=5; boundary="exclusive"
        annual_report      rule="before"; day=20; month=12
        publish_list       rule="within"; n=15; event="duyệt danh sách"
        pilot              rule="one_off"; starts=2025-01-01; on=2030-12-31
    """,
    "m07": """
        select_schools     rule="before"; day=15; month=9; year_offset=-1
        begin              rule="month_start"; month=10; year_offset=-1
        enrol              rule="window"; opens={day=1, month=10, year_offset=-1}; day=15; month=10; year_offset=-1
        teach              rule="recurring"; period="week"; n=3; opens={day=1, month=10, year_offset=-1}; day=31; month=5
        mid_report         rule="by"; day=31; month=1
        close              rule="by"; day=31; month=5
        report             rule="before"; day=15; month=6
        programme          rule="recurring"; period="year"
    """,
    "m08": """
        survey             rule="one_off"; starts=2025-01-01; on=2027-12-31
        commit             rule="before"; day=31; month=3
        inspection-1       rule="before"; day=30; month=4
        inspection-2       rule="window"; opens={day=1, month=10}; day=31; month=10
        certify            rule="before"; day=15; month=12; first_year=2028
    """,
    "m09": """
        annual_plan        rule="before"; day=31; month=1
        checkup            rule="recurring"; period="year"; first_year=2026
        figures-1          rule="after_period"; period="quarter"; number=1; n=10; boundary="exclusive"
        figures-2          rule="after_period"; period="quarter"; number=2; n=10; boundary="exclusive"
        figures-4          rule="after_period"; period="quarter"; number=4; n=10; boundary="exclusive"
        evaluation         rule="before"; day=31; month=1; year_offset=1
    """,
    "m10": """
        plan               rule="before"; day=15; month=9; year_offset=-1
        survey-1           rule="window"; opens={day=1, month=12, year_offset=-1}; day=31; month=12; year_offset=-1
        survey-2           rule="window"; opens={day=1, month=5}; day=31; month=5
        community_project  rule="recurring"; period="year"
        self_assess        rule="before"; day=31; month=5
        appraise           rule="window"; opens={day=1, month=6}; day=30; month=6
        report             rule="before"; day=31; month=7
        budget             rule="recurring"; period="year"
    """,
    "m11": """
        register           rule="before"; day=10; month=11; year_offset=-1; opens={day=1, month=10, year_offset=-1}; cohorts=["residential","administrative","enterprise","armed_forces"]
        register           rule="before"; day=30; month=9; year_offset=-1; opens={day=1, month=9, year_offset=-1}; cohorts=["school"]
        report             rule="before"; day=20; month=11; year_offset=-1
        quarter-1          rule="after_period"; period="quarter"; number=1; n=5
        quarter-4          rule="after_period"; period="quarter"; number=4; n=5; year_offset=-1; cohorts=["school"]
        synthesis          rule="before"; day=10; month=11
        recognise          rule="before"; day=30; month=11; cohorts=["residential","administrative","enterprise","armed_forces"]
        recognise          rule="before"; day=20; month=5; cohorts=["school"]
        appeal             rule="within"; n=5; unit="working_day"; event="nhận được kết quả"
        founding           rule="one_off"; starts=2025-07-01; on=2025-07-31
    """,
}  # fmt: skip

#: model, deadline, cycle's year, group → first day (– : at once), last valid day
EXPECTED = """
    m01  plan_government  2024 communes  never
    m01  plan_government  2025 communes  2025-01-01 2025-03-31
    m01  plan_government  2027 zones     2027-01-01 2027-03-31
    m01  plan_government  2028 communes  never
    m01  plan_government  2026 offices   never
    m01  plan_office      2025 offices   never
    m01  plan_office      2026 offices   2026-01-01 2026-03-31
    m01  plan_office      2026 communes  never
    m01  field_visit-1    2025 communes  2024-12-30 2025-01-05
    m01  field_visit-52   2025 communes  2025-12-22 2025-12-28
    m01  field_visit-53   2025 communes  never
    m01  field_visit-1    2026 communes  2025-12-29 2026-01-04
    m01  field_visit-53   2026 communes  2026-12-28 2027-01-03
    m01  field_visit-1    2027 communes  2027-01-04 2027-01-10
    m01  field_visit-1    2028 communes  2028-01-03 2028-01-09
    m01  reception-2      2027 communes  2027-02-01 2027-02-28
    m01  reception-2      2028 communes  2028-02-01 2028-02-29
    m01  reception-12     2031 communes  2031-12-01 2031-12-31
    m01  register         2026 communes  –          2026-03-30
    m01  register         2029 offices   –          2029-03-30
    m01  self_assess      2026 offices   –          2026-10-30
    m01  appraise         2026 communes  2026-11-01 2026-11-30
    m01  decide           2030 communes  –          2030-12-19
    m01  criteria         2025 communes  2025-04-01 2025-06-30
    m01  criteria         2026 communes  never
    m01  consultation     2025 zones     2025-07-01 2025-09-30
    m02  monitoring       2026 communes  –          –
    m02  law_day          2025 communes  –          2025-11-09
    m02  law_day          2031 communes  –          2031-11-09
    m02  weekly_news-53   2026 communes  2026-12-28 2027-01-03
    m02  annual_report    2027 offices   –          2027-12-14
    m03  annual_plan      2026 communes  never
    m03  annual_plan      2027 communes  2027-02-01 2027-03-31
    m03  annual_plan      2031 zones     2031-02-01 2031-03-31
    m03  select_criteria  2027 zones     –          2027-03-14
    m03  select_criteria  2027 communes  never
    m03  training         2025 communes  never
    m03  training         2026 communes  –          –
    m03  survey           2025 communes  never
    m03  survey           2026 communes  2026-10-01 2026-12-31
    m03  score            2026 communes  2026-12-01 2027-01-31
    m03  score            2030 communes  2030-12-01 2031-01-31
    m03  annual_report    2025 communes  never
    m03  annual_report    2026 communes  2027-01-01 2027-02-28
    m03  annual_report    2027 communes  2028-01-01 2028-02-29
    m03  annual_report    2028 communes  2029-01-01 2029-02-28
    m03  annual_report    2031 communes  2032-01-01 2032-02-29
    m03  preparation      2025 communes  –          2025-12-31
    m04  call             2026 communes  2026-01-01 2026-03-31
    m04  apply            2026 communes  –          2026-04-29
    m04  select           2028 communes  2028-04-01 2028-06-30
    m04  mid_review       2026 communes  2026-10-01 2026-12-31
    m04  accept           2029 communes  –          2029-12-14
    m04  support_plan     2028 communes  never
    m04  support_plan     2029 communes  2029-01-01 2029-12-31
    m04  regulation       2026 communes  2026-06-01 2026-06-30
    m04  regulation       2027 communes  never
    m04  pilot            2025 communes  never
    m04  pilot            2026 communes  2026-01-01 2028-12-31
    m04  pilot            2028 communes  2026-01-01 2028-12-31
    m04  pilot            2029 communes  never
    m05  task_plan        2030 communes  2030-01-01 2030-12-31
    m05  progress-2       2028 communes  2028-04-01 2028-06-30
    m05  progress-4       2026 communes  2026-10-01 2026-12-31
    m05  inspection       2027 communes  2027-07-01 2027-09-30
    m05  recognise        2026 communes  –          2026-12-14
    m05  first_clusters   2025 communes  2025-08-01 2030-12-31
    m05  first_clusters   2031 communes  never
    m06  annual_plan      2026 communes  –          2026-01-30
    m06  progress-1       2026 communes  2026-04-01 2026-04-04
    m06  progress-4       2026 communes  2027-01-01 2027-01-04
    m06  progress-4       2031 communes  2032-01-01 2032-01-04
    m06  annual_report    2025 communes  –          2025-12-19
    m06  pilot            2030 communes  2025-01-01 2030-12-31
    m07  select_schools   2026 schools   –          2025-09-14
    m07  select_schools   2027 schools   –          2026-09-14
    m07  begin            2026 schools   2025-10-01 2025-10-01
    m07  enrol            2027 schools   2026-10-01 2026-10-15
    m07  teach-1          2027 schools   2026-10-01 2026-10-04
    m07  teach-2          2027 schools   2026-10-05 2026-10-11
    m07  teach-36         2027 schools   2027-05-31 2027-05-31
    m07  teach-37         2027 schools   never
    m07  teach-1          2026 schools   2025-10-01 2025-10-05
    m07  teach-35         2026 schools   2026-05-25 2026-05-31
    m07  teach-36         2026 schools   never
    m07  mid_report       2027 schools   –          2027-01-31
    m07  close            2028 schools   –          2028-05-31
    m07  report           2027 schools   –          2027-06-14
    m07  programme        2026 schools   2026-01-01 2026-12-31
    m08  survey           2026 communes  2025-01-01 2027-12-31
    m08  survey           2028 communes  never
    m08  commit           2026 communes  –          2026-03-30
    m08  inspection-1     2027 communes  –          2027-04-29
    m08  inspection-2     2027 communes  2027-10-01 2027-10-31
    m08  certify          2027 communes  never
    m08  certify          2028 communes  –          2028-12-14
    m09  annual_plan      2028 communes  –          2028-01-30
    m09  checkup          2025 communes  never
    m09  checkup          2026 communes  2026-01-01 2026-12-31
    m09  figures-1        2026 communes  2026-04-01 2026-04-09
    m09  figures-2        2029 communes  2029-07-01 2029-07-09
    m09  figures-4        2026 communes  2027-01-01 2027-01-09
    m09  evaluation       2026 communes  –          2027-01-30
    m10  plan             2027 schools   –          2026-09-14
    m10  survey-1         2027 schools   2026-12-01 2026-12-31
    m10  survey-2         2027 schools   2027-05-01 2027-05-31
    m10  community_project 2027 schools  2027-01-01 2027-12-31
    m10  self_assess      2027 schools   –          2027-05-30
    m10  appraise         2028 schools   2028-06-01 2028-06-30
    m10  report           2031 schools   –          2031-07-30
    m10  budget           2025 schools   2025-01-01 2025-12-31
    m11  register         2026 others    2025-10-01 2025-11-09
    m11  register         2027 others    2026-10-01 2026-11-09
    m11  register         2028 others    2027-10-01 2027-11-09
    m11  register         2031 others    2030-10-01 2030-11-09
    m11  register         2026 school    2025-09-01 2025-09-29
    m11  register         2027 school    2026-09-01 2026-09-29
    m11  register         2029 school    2028-09-01 2028-09-29
    m11  report           2027 others    –          2026-11-19
    m11  report           2027 school    –          2026-11-19
    m11  quarter-1        2028 others    2028-04-01 2028-04-05
    m11  quarter-4        2027 school    2027-01-01 2027-01-05
    m11  quarter-4        2027 others    never
    m11  synthesis        2027 others    –          2027-11-09
    m11  synthesis        2027 school    –          2027-11-09
    m11  recognise        2027 others    –          2027-11-29
    m11  recognise        2030 others    –          2030-11-29
    m11  recognise        2027 school    –          2027-05-19
    m11  recognise        2028 school    –          2028-05-19
    m11  founding         2025 others    2025-07-01 2025-07-31
    m11  founding         2026 others    never
"""

#: model, duration, day of the event → last valid day
COUNTED = """
    m02  city_plan     2025-01-10  2025-02-03   25/1 is a Saturday and Tết runs to 2/2
    m02  city_plan     2025-04-15  2025-05-05   30/4, 1/5 and the swapped 2/5 are off, then a weekend
    m02  city_plan     2026-01-05  2026-01-20
    m02  city_plan     2026-03-02  2026-03-17
    m02  city_plan     2026-04-16  2026-05-04   1/5, then a weekend
    m02  city_plan     2026-08-14  2026-09-03   29/8 a Saturday, 31/8 swapped, 1/9 and 2/9
    m02  city_plan     2026-11-09  2026-11-25   24/11
    m02  city_plan     2027-01-20  2027-02-11   4/2, Tết to 10/2
    m02  city_plan     2027-12-17  2028-01-04   1/1 a Saturday, made up for on Monday 3/1
    m02  city_plan     2028-02-14  2028-02-29
    m02  city_plan     2029-12-17  2030-01-02
    m02  city_plan     2031-01-10  2031-01-28   25/1 a Saturday, Tết to 27/1
    m02  unit_plan     2026-03-02  2026-03-16
    m02  unit_plan     2026-02-10  2026-03-03   three days before Tết, then 23–27/2 and two of March
    m02  unit_plan     2026-08-20  2026-09-07   Saturday 22/8 is worked; 31/8, 1/9 and 2/9 are off
    m02  unit_plan     2028-12-22  2029-01-08
    m03  comment       2027-01-29  2027-02-12
    m03  comment       2026-12-31  2027-01-08
    m06  publish_list  2026-06-15  2026-06-30
    m06  publish_list  2027-08-18  2027-09-06   2/9 and 3/9 are off, then a weekend
    m11  appeal        2026-11-20  2026-11-30   24/11 is off
    m11  appeal        2027-11-15  2027-11-22
"""

GROUPS = {
    "m11": [
        ("others", "cohorts", ["residential", "administrative", "enterprise", "armed_forces"]),
        ("school", "cohorts", ["school"]),
    ],
    "m07": [("schools", "unit_kinds", ["school"])],
    "m10": [("schools", "unit_kinds", ["school"])],
}
PARTIES = [
    ("communes", "unit_kinds", ["commune", "ward"]),
    ("zones", "unit_kinds", ["special_zone"]),
    ("offices", "unit_kinds", ["department"]),
]


def pack(model: str) -> CycleModel:
    """The made-up pack of the tests with the model's groups and deadlines."""
    head, _, _ = FILES["model.toml"].decode().partition("[[deadline]]")
    start, _, rest = head.partition("[[group]]")
    text = start + rest[rest.index("[[process]]") :] + "[reminders]\nbefore = [1]\nafter = []\nhour = 8\n"
    for key, kind, codes in GROUPS.get(model, PARTIES):
        text += f'[[group]]\nkey = "{key}"\nlabel = "{key}"\n{kind} = {codes}\nyear_label = "năm {{year}}"\n'
    for line in MODELS[model].strip().splitlines():
        name, rule = line.strip().split(maxsplit=1)
        keys = rule.replace("; ", "\n")
        text += (
            f'[[deadline]]\nname = "{name}"\n{keys}\nlabel = "{name}"\nwording = "như nguồn"\nsource = "Phụ lục 3"\n'
        )
    return packs.read_model(PLAIN | {"model.toml": text.encode()}, "thu")


READ = {model: pack(model) for model in MODELS}


def rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


def found(model: str, name: str, year: int, group: str) -> Deadline | None:
    read = READ[model]
    party = next(g for g in read.groups if g.key == group)
    return deadlines_of(read.deadlines, party, year, REAL).get(name)


@pytest.mark.parametrize(("model", "name", "year", "group", "days"), [(*r[:4], r[4:]) for r in rows(EXPECTED)])
def test_each_deadline_falls_on_the_day_that_the_annex_means(
    model: str, name: str, year: str, group: str, days: list[str]
) -> None:
    deadline = found(model, name, int(year), group)
    if days == ["never"]:
        assert deadline is None
    else:
        assert deadline is not None
        assert [day.isoformat() if day else "–" for day in (deadline.first_day, deadline.last_day)] == days


@pytest.mark.parametrize(("model", "name", "event", "last"), [r[:4] for r in rows(COUNTED)])
def test_durations_end_where_the_civil_code_says(model: str, name: str, event: str, last: str) -> None:
    rule = next(rule for rule in READ[model].deadlines if rule.name == name)
    (deadline,) = dated(rule, int(event[:4]), REAL, event_day=date.fromisoformat(event))
    assert (deadline.last_day, count_within(rule, date.fromisoformat(event), REAL)) == (date.fromisoformat(last),) * 2


def test_every_rule_of_every_model_is_tried() -> None:
    tried = {(r[0], r[1]) for r in rows(EXPECTED)} | {(r[0], r[1]) for r in rows(COUNTED)}
    recurring = {(model, name.rpartition("-")[0]) for model, name in tried}
    missing = [
        (model, rule.name)
        for model, read in READ.items()
        for rule in read.deadlines
        if (model, rule.name) not in tried | recurring
    ]
    assert missing == []


def test_before_is_the_only_wording_whose_reading_is_in_doubt() -> None:
    doubtful = {
        (model, rule.rule.value)
        for model, read in READ.items()
        for rule in read.deadlines
        for year in (2027, 2028)
        for deadline in dated(rule, year, REAL)
        if deadline.named_day is not None
    }
    assert {kind for _, kind in doubtful} == {"before"}


@pytest.mark.parametrize(
    ("day", "confirmed", "days"),
    [(9, False, 0), (10, False, 0), (11, False, 2), (9, True, 0), (10, True, 1), (11, True, 2), (30, True, 21)],
)
def test_days_late_are_counted_from_the_last_valid_day(day: int, confirmed: bool, days: int) -> None:
    deadline = found("m11", "register", 2027, "others")
    assert deadline is not None
    at = datetime.fromisoformat(f"2026-11-{day:02}T12:00:00+07:00")
    assert lateness_of(deadline, at, reading_confirmed=confirmed).days_late == days
