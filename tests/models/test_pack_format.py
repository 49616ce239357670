"""The format of packs: a made-up twelfth model is read whole, and every slip is named by file and line."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from engine.errors import BadPack
from engine.process import packs
from engine.process.spiff import SpiffRuntime
from engine.rules.cycle_models import DeadlineGroup, Lane, ProcessSpec, ReminderLadder, Setting, TitleSpec
from engine.rules.deadlines import DayRule, DeadlineRule, RuleKind

TWELFTH = next(p for p in (Path(__file__).parent / "packs").iterdir() if (p / "model.toml").is_file())
FILES = packs.read_folder(TWELFTH)
SHARED = packs.read_shared()
RUNTIME = SpiffRuntime()


def changed(file: str, old: str, new: str) -> dict[str, bytes]:
    text = FILES[file].decode()
    assert text.count(old) >= 1, old
    return SHARED | FILES | {file: text.replace(old, new, 1).encode()}


def findings(files: dict[str, bytes]) -> list[tuple[str, int, str, str]]:
    with pytest.raises(BadPack) as refused:
        packs.read_model(files, "vuon")
    return [(f.file, f.line, f.element, f.reason) for f in refused.value.findings]


def line_of(file: str, text: str) -> int:
    """The line of the first row that holds `text`."""
    return next(n for n, line in enumerate(FILES[file].decode().splitlines(), start=1) if text in line)


def test_a_pack_is_read_whole():
    model = packs.read_model(SHARED | FILES, "vuon")
    assert (model.key, model.name, model.source, model.lead_unit_kind) == (
        "vuon",
        "Vườn cây học tập",
        "Mô hình giả định cho kiểm thử",
        "city_union",
    )
    assert dict(model.lanes) == {
        "truong": Lane(id="truong", name="Trường", unit_kind="branch", roles=("secretary",)),
        "doan": Lane(id="doan", name="Đoàn cơ sở", unit_kind="base_union", roles=("secretary", "officer")),
    }
    assert model.groups == (
        DeadlineGroup(key="all", label="Mọi đơn vị", cohorts=("residential", "school"), year_label="năm {year}"),
    )
    assert model.processes == (
        ProcessSpec(id="cham_cay", label="Chăm cây", scope="unit", unit_kind="branch", setting=None),
    )
    assert model.settings == (Setting(key="photo", label="Gửi ảnh hằng quý", default=True),)
    assert model.titles == (TitleSpec(key="garden", name="Vườn cây xanh", holder="unit", years=1),)
    assert model.reminders == ReminderLadder(before=(3, 0), after=(1,), hour=8)
    assert model.rehearsal["late"] == 0.1  # over the shared city's script
    assert model.documents["thong-bao"]["paragraphs"] == ["Kính gửi các đơn vị."]
    assert model.forms["dang-ky"]["required"] == ["noi_dung"]


def test_deadlines_are_read():
    assert packs.read_model(SHARED | FILES, "vuon").deadlines == (
        DeadlineRule(
            name="register",
            rule=RuleKind.BEFORE,
            cohorts=(),
            label="Đăng ký vườn cây",
            wording="trước ngày {date}",
            source="mặc định của phần mềm",
            boundary="exclusive",
            date=DayRule(day=1, month=3, year_offset=0),
            opens=DayRule(day=1, month=2, year_offset=0),
        ),
        DeadlineRule(
            name="answer",
            rule=RuleKind.WITHIN,
            cohorts=(),
            label="Trả lời đăng ký",
            wording="trong 05 ngày làm việc",
            source="mặc định của phần mềm",
            boundary="inclusive",
            n=5,
            unit="working_day",
            event="ngày đăng ký",
        ),
    )


def test_criteria_are_exact():
    criteria = packs.read_model(SHARED | FILES, "vuon").criteria[2026]
    assert [(c.key, c.max_points, c.hard_fail, c.unit_cohorts) for c in criteria.criteria] == [
        ("cay", Decimal(60), False, ()),
        ("nuoc", Decimal("37.5"), False, ("school",)),
        ("an_toan", Decimal("2.5"), True, ()),
    ]
    assert [(b.key, b.at_least, b.recognised) for b in criteria.bands] == [
        ("good", Decimal(80), True),
        ("fair", Decimal(50), True),
        ("low", Decimal(0), False),
    ]
    assert criteria.sample


def test_text_is_composed():
    decomposed = {name: text.decode().replace("ồ", "o\u0302\u0300").encode() for name, text in FILES.items()}
    assert packs.read_model(SHARED | decomposed, "vuon").deadlines == packs.read_model(SHARED | FILES, "vuon").deadlines


SLIPS = [
    # old, new, element, reason (the line is that of the changed text)
    ('name = "Vườn', 'nane = "Vườn', "model.nane", "Không biết khóa “nane”."),
    ('lead_unit_kind = "city_union"', 'lead_unit_kind = "moon"', "model.lead_unit_kind", "Mã “moon” không có trong _shared/organisation.toml."),
    ('roles = ["secretary"]', 'roles = ["poet"]', "lane.truong.roles", "Mã “poet” không có trong _shared/organisation.toml."),
    ('roles = ["secretary"]', "roles = []", "lane.truong.roles", "Cần ít nhất một vai trò."),
    ('roles = ["secretary"]', 'roles = "secretary"', "lane.truong.roles", "“roles” phải là một danh sách chữ."),
    ('id = "doan"', 'id = "truong"', "lane.truong.id", "“truong” được khai hai lần."),
    ('cohorts = ["residential", "school"]', 'cohorts = ["residential", "monks"]', "group.all.cohorts", "Mã “monks” không có trong _shared/organisation.toml."),
    ('year_label = "năm {year}"', 'year_label = "năm {nam}"', "group.all.year_label", "Chỉ dùng {year} và {previous} trong cách gọi năm."),
    ('scope = "unit"', 'scope = "world"', "process.cham_cay.scope", "“scope” phải là một trong: unit, group, demand."),
    ('scope = "unit"', 'scope = "unit"\nsetting = "slip"', "process.cham_cay.setting", "Không có [[setting]] “slip”."),
    ("default = true", "default = 1.5", "setting.photo.default", "“default” phải là đúng/sai, số nguyên hoặc chữ."),
    ('holder = "unit"', 'holder = "cat"', "title.garden.holder", "“holder” phải là một trong: unit, member."),
    ("years = 1", "years = 0", "title.garden.years", "“years” phải là một số nguyên từ 1 đến 100."),
    ('rule = "before"', 'rule = "befor"', "deadline.register.rule", f"“rule” phải là một trong: {', '.join(RuleKind)}."),
    ("day = 1\n", "day = 30\nmonth = 2 #", "deadline.register.day", "Không có ngày 30/2."),
    ("day = 1\n", "day = 31\nmonth = 4 #", "deadline.register.day", "Không có ngày 31/4."),
    ("day = 1\n", 'day = "1"\n', "deadline.register.day", "“day” phải là một số nguyên từ 1 đến 31."),
    ("opens = {day = 1, month = 2}", "opens = {day = 30, month = 2}", "deadline.register.opens.day", "Không có ngày 30/2."),
    ("opens = {day = 1, month = 2}", "opens = {day = 1, month = 2, year = 1}", "deadline.register.opens.year", "Không biết khóa “year”."),
    ('wording = "trước ngày {date}"', 'wording = "trước ngày {ngày}"', "deadline.register.wording", "Chỉ dùng {date} (khi có ngày) và {number} (khi lặp lại) trong câu chữ."),
    ('wording = "trong 05 ngày làm việc"', 'wording = "trước {date}"', "deadline.answer.wording", "Chỉ dùng {date} (khi có ngày) và {number} (khi lặp lại) trong câu chữ."),
    ("n = 5", "n = 0", "deadline.answer.n", "“n” phải là một số nguyên từ 1 đến 366."),
    ('unit = "working_day"', 'unit = "moon"', "deadline.answer.unit", "“unit” phải là một trong: calendar_day, working_day."),
    ('name = "answer"', 'name = "register"', "deadline.register.name", "Tên hạn “register” được khai hai lần cho cùng một nhóm."),
    ("hour = 8", "hour = 24", "reminders.hour", "“hour” phải là một số nguyên từ 0 đến 23."),
    ("after = [1]", "after = [0]", "reminders.after", "“after” phải là một danh sách số nguyên từ 1 đến 120."),
    ("[reminders]", "[reminder]", "reminder", "Không biết bảng “reminder”."),
]  # fmt: skip


@pytest.mark.parametrize("old,new,element,reason", SLIPS)
def test_slips_in_model_toml_are_named_with_their_line(old, new, element, reason):
    found = findings(changed("model.toml", old, new))
    assert ("model.toml", line_of("model.toml", old.splitlines()[0]) + new.count("\nsetting"), element, reason) in found


@pytest.mark.parametrize("key", ["label", "wording", "source"])
def test_every_deadline_says_what_how_and_where_from(key):
    line = next(
        row for row in FILES["model.toml"].decode().split("[[deadline]]")[1].splitlines() if row.startswith(key)
    )
    files = changed("model.toml", line + "\n", "")
    table = line_of("model.toml", "[[deadline]]")
    assert findings(files) == [("model.toml", table, f"deadline.register.{key}", f"Thiếu khóa “{key}” (một đoạn chữ).")]


def test_days_out_of_order_are_refused():
    found = findings(changed("model.toml", "opens = {day = 1, month = 2}", "opens = {day = 1, month = 4}"))
    table = line_of("model.toml", "[[deadline]]")
    reason = "Ngày mở, ngày phát động và hạn cuối không theo thứ tự thời gian."
    assert found == [("model.toml", table, "deadline.register", reason)]


WITHIN = """
[[deadline]]
name = "answer"
rule = "within"
cohorts = ["school"]
n = 3
unit = "working_day"
event = "ngày đăng ký"
label = "Trả lời đăng ký"
wording = "{wording}"
source = "mặc định của phần mềm"
"""


TWO_GROUPS = """
[[group]]
key = "school"
label = "Khối trường học"
cohorts = ["school"]
year_label = "năm {year}"
"""


def test_a_group_has_one_deadline_of_a_name():
    text = FILES["model.toml"].decode().replace("n = 5\n", 'n = 5\ncohorts = ["residential"]\n')
    files = SHARED | FILES | {"model.toml": (text + WITHIN.replace("{wording}", "trong 03 ngày làm việc")).encode()}
    assert [reason for *_, reason in findings(files)] == ["Tên hạn “answer” được khai hai lần cho cùng một nhóm."]


@pytest.mark.parametrize("wording,accepted", [("trong 03 ngày làm việc", True), ("trong 05 ngày làm việc", False)])
def test_durations_of_one_name_must_be_told_apart_by_their_wording(wording, accepted):
    text = FILES["model.toml"].decode().replace("n = 5\n", 'n = 5\ncohorts = ["residential"]\n')
    text = text.replace('cohorts = ["residential", "school"]', 'cohorts = ["residential"]') + TWO_GROUPS
    files = SHARED | FILES | {"model.toml": (text + WITHIN.replace("{wording}", wording)).encode()}
    if accepted:
        assert [r.n for r in packs.read_model(files, "vuon").deadlines if r.name == "answer"] == [5, 3]
    else:
        assert [reason for *_, reason in findings(files)] == [
            "Số ngày trong câu chữ khác với quy tắc.",
            "Các hạn “answer” dài khác nhau phải có câu chữ khác nhau.",
        ]


RULES = [
    ('rule = "by"\nday = 29\nmonth = 2', {}),
    ('rule = "window"\nopens = {day = 1, month = 12}\nday = 31\nmonth = 1\nyear_offset = 1', {}),
    ('rule = "window"\nday = 31\nmonth = 1', {"opens"}),
    ('rule = "quarter"\nnumber = 4', {}),
    ('rule = "quarter"\nnumber = 5', {"number"}),
    ('rule = "quarter"', {"number"}),
    ('rule = "after_period"\nperiod = "quarter"\nnumber = 1\nn = 30', {}),
    ('rule = "after_period"\nperiod = "quarter"\nnumber = 1\nn = 31', {"n"}),
    ('rule = "after_period"\nperiod = "month"\nnumber = 1\nn = 29', {}),
    ('rule = "after_period"\nperiod = "month"\nnumber = 1\nn = 30', {"n"}),
    ('rule = "after_period"\nperiod = "month"\nnumber = 12\nn = 31', {}),
    ('rule = "after_period"\nperiod = "year"\nn = 31', {}),
    ('rule = "after_period"\nperiod = "year"\nnumber = 1\nn = 31', {"number"}),
    ('rule = "after_period"\nperiod = "week"\nn = 3', {"period"}),
    ('rule = "recurring"\nperiod = "week"\nn = 2', {}),
    ('rule = "recurring"', {"period"}),
    ('rule = "within"\nn = 15\nevent = "ngày ban hành"', {}),
    ('rule = "within"\nn = 15', {"event"}),
    ('rule = "within"\nn = 15\nevent = "ngày ban hành"\nday = 3', {"day"}),
    ('rule = "month_start"\nmonth = 10', {}),
    ('rule = "standing"', {}),
    ('rule = "standing"\nroll = "sideways"', {"roll"}),
    ('rule = "one_off"\non = 2027-07-31', {}),
    ('rule = "one_off"\non = "31/7/2027"', {"on"}),
    ('rule = "before"\nday = 1\nmonth = 6\nfirst_year = 2026\nlast_year = 2030', {}),
    ('rule = "before"\nday = 1\nmonth = 6\nboundary = "fuzzy"', {"boundary"}),
    ('rule = "by"\nday = 1\nmonth = 6\ncohorts = ["armed_forces"]', {"cohorts"}),
]


@pytest.mark.parametrize("keys,wrong", RULES)
def test_the_keys_of_each_rule(keys, wrong):
    table = f'\n[[deadline]]\nname = "more"\n{keys}\nlabel = "Việc"\nwording = "câu chữ"\nsource = "kiểm thử"\n'
    files = SHARED | FILES | {"model.toml": FILES["model.toml"] + table.encode()}
    if wrong:
        assert {element for _, _, element, _ in findings(files)} == {f"deadline.more.{key}" for key in wrong}
    else:
        assert packs.read_model(files, "vuon").deadlines[-1].name == "more"


@pytest.mark.parametrize(
    "file,content,line,reason",
    [
        ("model.toml", b"[model]\nname = \n", 2, "Tệp không phải TOML đúng cú pháp"),
        ("model.toml", b'[model]\nname = "a"\n# \xff\n', 3, "Tệp không phải UTF-8."),
        ("model.toml", b"a = " + b"[" * 5000 + b"]" * 5000, 0, "Tệp lồng nhau quá nhiều tầng."),
        ("forms/dang-ky.json", b'{\n"type": }', 2, "Tệp không phải JSON đúng cú pháp"),
        ("forms/dang-ky.json", b'{"type": "object"}', 0, "Biểu mẫu phải là JSON Schema"),
        ("forms/dang-ky.json", b'{"type": "object", "properties": {"a": {"type": "strin"}}}', 0, "Không đúng JSON Schema"),
        ("forms/dang-ky.json", b'{"type": "object", "properties": {}, "properties": {}}', 0, "Khóa “properties” có hai lần."),
        ("forms/dang-ky.json", b"[" * 100_000, 0, "Tệp lồng nhau quá nhiều tầng."),
        ("forms/dang-ky.json", b'{"type": "object", "properties": {}, "a": ' + b"1" * 5000 + b"}", 0, "Tệp có một số quá lớn."),
        ("rehearsal.toml", b"late = " + b"1" * 5000, 0, "Tệp có một số quá lớn."),
        ("targets.toml", b"a = 1e1000000000000000000000", 0, "Tệp có một số quá lớn."),
        ("rehearsal.toml", b"late = 0,1", 1, "Tệp không phải TOML đúng cú pháp"),
        ("documents/x.toml", b"a = 1\na = 2\n", 2, "Tệp không phải TOML đúng cú pháp"),
        ("forms/../../x.json", b"{}", 0, "Tệp không thuộc gói mô hình hoặc quá lớn."),
        ("run.py", b"", 0, "Tệp không thuộc gói mô hình hoặc quá lớn."),
        ("documents/big.toml", b"#" * 2_000_001, 0, "Tệp không thuộc gói mô hình hoặc quá lớn."),
        ("_shared/organisation.toml", b"[[role]]\ncode = 'a'\n", 0, "Cần các bảng [[unit_kind]]."),
    ],
)  # fmt: skip
def test_unreadable_files_are_refused(file, content, line, reason):
    found = findings(SHARED | FILES | {file: content})
    assert [(f, n) for f, n, _, why in found if why.startswith(reason)] == [(file, line)]


@pytest.mark.parametrize(
    "old,new,element",
    [
        ("max_points = 60", "max_points = 0", "criterion.cay.max_points"),
        ("max_points = 60", "max_points = nan", "criterion.cay.max_points"),
        ("max_points = 60", "max_points = true", "criterion.cay.max_points"),
        ('key = "nuoc"', 'key = "cay"', "criterion.cay.key"),
        ("at_least = 0", "at_least = 10", "band.low.at_least"),
        ("hard_fail = true", 'hard_fail = "yes"', "criterion.an_toan.hard_fail"),
        ("sample = true", "sample = 1", "sample"),
    ],
)
def test_slips_in_criteria_are_named(old, new, element):
    found = [f[:3] for f in findings(changed("criteria/2026.toml", old, new))]
    assert found == [("criteria/2026.toml", line_of("criteria/2026.toml", old), element)]


def test_bands_stand_from_high_to_low():
    found = findings(changed("criteria/2026.toml", "at_least = 50", "at_least = 85"))
    assert [f[2:] for f in found] == [
        ("band.low.at_least", "Các mức xếp từ cao xuống thấp, mức cuối bắt đầu từ 0 điểm.")
    ]


@pytest.mark.parametrize(
    "missing,reason", [("model.toml", "Thiếu tệp model.toml."), ("cycle.bpmn", "Gói không có sơ đồ *.bpmn.")]
)
def test_a_pack_needs_its_table_and_a_diagram(missing, reason):
    files = {name: content for name, content in FILES.items() if name != missing}
    assert reason in [why for *_, why in findings(files)]


@pytest.mark.parametrize("key", ["", "../x", "a b", "mô-hình", "x/y"])
def test_the_folder_name_is_a_plain_key(key):
    with pytest.raises(BadPack):
        packs.read_model(FILES, key)


def test_the_version_follows_the_models_own_files_only():
    version = packs.read_model(SHARED | FILES, "vuon").sha256
    other_label = SHARED | {"_shared/organisation.toml": SHARED["_shared/organisation.toml"] + b"\n# more\n"}
    assert packs.read_model(other_label | FILES, "vuon").sha256 == version
    assert packs.read_model(SHARED | FILES | {"forms/moi.json": FILES["forms/dang-ky.json"]}, "vuon").sha256 != version
    assert packs.read_model(SHARED | FILES | {"_shared/called.bpmn": FILES["cycle.bpmn"]}, "vuon").sha256 != version
    assert packs.version_of({"a": b"bc"}) != packs.version_of({"ab": b"c"})


def test_a_folder_is_read_without_notes_and_hidden_files(tmp_path):
    folder = shutil.copytree(TWELFTH, tmp_path / "ban-sao")
    (folder / "GHI-CHU.md").write_text("ghi chú")
    (folder / ".DS_Store").write_bytes(b"x")
    assert packs.read_folder(folder) == FILES
    assert packs.read_pack(folder).key == "ban-sao"


def test_what_does_not_belong_in_a_folder_is_refused(tmp_path):
    folder = shutil.copytree(TWELFTH, tmp_path / "ban-sao")
    (folder / "forms" / "run.exe").write_bytes(b"x")
    (folder / "secret.bpmn").symlink_to("/etc/hostname")
    with pytest.raises(BadPack) as refused:
        packs.read_folder(folder)
    assert [f.file for f in refused.value.findings] == ["forms/run.exe", "secret.bpmn"]


def test_a_folder_that_is_too_large_is_refused(tmp_path):
    folder = shutil.copytree(TWELFTH, tmp_path / "ban-sao")
    (folder / "documents" / "big.toml").write_bytes(b"#" * 2_000_001)
    with pytest.raises(BadPack, match="Gói quá lớn"):
        packs.read_folder(folder)


def test_the_shared_codes_have_labels():
    organisation = packs.read_organisation(SHARED["_shared/organisation.toml"])
    assert organisation.unit_kinds["base_union"] == "Đoàn cơ sở"
    youth = ["residential", "administrative", "enterprise", "armed_forces", "school"]
    assert list(organisation.cohorts) == [*youth, "music_school", "plastic_pilot"]
    assert organisation.roles["secretary"] == "Bí thư"


def test_a_family_stands_for_its_kinds_wherever_kinds_are_named():
    organisation = packs.read_organisation(SHARED["_shared/organisation.toml"])
    assert organisation.families["communes"] == ("commune", "ward", "special_zone")
    assert {"justice", "health", "department"} < set(organisation.families["departments"])
    assert {"city_committee", "justice"} < organisation.single and "department" not in organisation.single
    text = FILES["model.toml"].replace(b'cohorts = ["residential", "school"]', b'unit_kinds = ["communes", "school"]')
    model = packs.read_model(SHARED | FILES | {"model.toml": text}, "vuon")
    assert model.groups[0].unit_kinds == ("commune", "ward", "special_zone", "school")
    assert (model.kinds("communes"), model.kinds("school")) == (("commune", "ward", "special_zone"), ("school",))
    assert [model.part_of(None, kind) for kind in ("ward", "branch")] == ["ward", None]


def test_a_cohort_that_no_group_names_takes_no_part():
    text = FILES["model.toml"].replace(b'cohorts = ["residential", "school"]', b'cohorts = ["residential"]')
    model = packs.read_model(SHARED | FILES | {"model.toml": text}, "vuon")
    assert [model.part_of(cohort, "branch") for cohort in ("residential", "school", None)] == [
        "residential",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("table", "element", "reason"),
    [
        ('[[family]]\ncode = "school"\nlabel = "L"\nunit_kinds = ["school"]', "family.school.code", "Mã “school” đã là một loại đơn vị."),
        ('[[family]]\ncode = "f"\nlabel = "L"\nunit_kinds = ["moon"]', "family.f.unit_kinds", "Không có loại đơn vị mang mã “moon”."),
        ('[[role]]\ncode = "r"\nlabel = "L"\nstands_as = "poet"', "role.r.stands_as", "Không có chức vụ mang mã “poet”."),
    ],
)  # fmt: skip
def test_families_and_roles_name_what_is_known(table: str, element: str, reason: str):
    with pytest.raises(BadPack) as refused:
        packs.read_organisation(SHARED["_shared/organisation.toml"] + f"\n{table}\n".encode())
    assert [(f.element, f.reason) for f in refused.value.findings] == [(element, reason)]


def test_one_off_days_are_dates():
    table = (
        b'\n[[deadline]]\nname = "once"\nrule = "one_off"\non = 2027-07-31\nlabel = "L"\nwording = "W"\nsource = "S"\n'
    )
    model = packs.read_model(SHARED | FILES | {"model.toml": FILES["model.toml"] + table}, "vuon")
    assert model.deadlines[-1].on == date(2027, 7, 31)


def judged(files: dict[str, bytes]) -> list[tuple[str, int, str, str, bool]]:
    model = packs.read_model(files, "vuon")
    definition = RUNTIME.compile({name: data for name, data in model.files.items() if packs.is_diagram(name)})
    return [(f.file, f.line, f.element, f.reason, f.warning) for f in packs.check_model(model, definition)]


def test_a_diagram_that_fits_its_model_has_no_findings():
    assert judged(SHARED | FILES) == []


MISFITS = [
    ('name="act" value="register"', 'name="act" value="sing"', "dang_ky", "Không có hành vi (act) “sing”"),
    ('name="operation" value="close"', 'name="operation" value="open"', "dong", "Không có thao tác (operation) “open”"),
    ('name="operation" value="close"', 'name="operation" value="mark"', "dong", "Thao tác “mark” cần thuộc tính “state”."),
    ('name="deadline" value="answer"', 'name="deadline" value="anser"', "tra_loi", "Hạn “anser” chưa được khai bằng [[deadline]]."),
    ('camunda:formKey="dang-ky"', 'camunda:formKey="dang-kí"', "dang_ky", "Thiếu biểu mẫu forms/dang-kí.json."),
    ('<bpmn:lane id="doan"', '<bpmn:lane id="doan_khac"', "tra_loi", "Làn “doan_khac” chưa được khai bằng [[lane]]."),
    ('name="act" value="review" />', 'name="act" value="review" /><camunda:property name="document" value="qd" />', "tra_loi", "Thiếu văn bản documents/qd.toml."),
]  # fmt: skip


@pytest.mark.parametrize("old,new,element,reason", MISFITS)
def test_what_the_diagram_asks_for_must_be_declared(old, new, element, reason):
    found = [f for f in judged(changed("cycle.bpmn", old, new)) if not f[4]]
    line = line_of("cycle.bpmn", f'id="{element}"')
    assert [(f[:3], f[3].startswith(reason)) for f in found] == [(("cycle.bpmn", line, element), True)]


def test_names_in_expressions_must_be_declared():
    found = judged(changed("cycle.bpmn", 'opens("register")', 'opens("registr")'))
    line = line_of("cycle.bpmn", "opens(")
    assert found == [("cycle.bpmn", line, "registr", "Hạn “registr” chưa được khai bằng [[deadline]].", False)]


def test_a_process_must_be_drawn():
    found = judged(changed("model.toml", 'id = "cham_cay"', 'id = "cham_hoa"'))
    assert found == [("model.toml", 0, "process.cham_hoa", "Sơ đồ không có quy trình “cham_hoa”.", False)]


def test_what_nobody_uses_is_a_warning():
    found = judged(SHARED | FILES | {"forms/thua.json": FILES["forms/dang-ky.json"]})
    assert found == [("forms/thua.json", 0, "thua", "Không bước nào của sơ đồ dùng biểu mẫu này.", True)]


@pytest.mark.parametrize("folder", packs.shipped(), ids=lambda p: p.name)
def test_shipped_packs_are_sound(folder):
    model = packs.read_pack(folder)
    definition = RUNTIME.compile({name: data for name, data in model.files.items() if packs.is_diagram(name)})
    assert [f for f in packs.check_model(model, definition) if not f.warning] == []


def test_a_title_may_be_for_some_kinds_of_unit_only():
    files = FILES | {
        "model.toml": FILES["model.toml"].replace(b'holder = "unit"', b'holder = "unit"\nunit_kinds = ["communes"]', 1)
    }
    assert packs.read_model(SHARED | files, "vuon").titles[0].unit_kinds == ("commune", "ward", "special_zone")
    # What an installation keeps has no shared tables; it still knows what a family holds.
    assert packs.read_model(files, "vuon").titles[0].unit_kinds == ("commune", "ward", "special_zone")
