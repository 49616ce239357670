"""Is one value changed, and every other byte kept? Over every file of every shipped model, and over what people write."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadPack
from engine.ports.pack_editing import Place, Plain
from engine.process.pack_editing import TomlDesk
from engine.process.pack_files import read_folder, read_shared, shipped
from engine.rules.text import nfc

DESK = TomlDesk()
FILE = """# Ghi chú đầu tệp.
name = "Tên"  # cạnh giá trị

# ---- Phần một ----

[[row]]
key = "a"
day = 1  # giữ lại
opens = {day = 1, month = 10}

# ---- Phần hai ----
# thuộc về b
[[row]]
key = "b"
roles = [
  "một",  # thứ nhất
  "hai",
]
text = \"\"\"
[[row]]
không phải bảng\"\"\"

[other]
x = 1.50

[[row]]
key = "c"
# cuối tệp
""".encode()


def tables() -> Iterator[tuple[str, bytes, str, int]]:
    """The first and the last row of every kind of table of every shipped model."""
    for folder in shipped():
        for file, content in read_folder(folder).items():
            if not file.endswith(".toml"):
                continue
            for table in ("", "deadline", "criterion", "milestone"):
                count = len(DESK.rows(content, table))
                yield from ((f"{folder.name}/{file}", content, table, index) for index in {0, count - 1} if count)


def test_a_value_set_and_set_back_leaves_every_shipped_file_as_it_was() -> None:
    tried = 0
    for file, content, table, index in tables():
        row = DESK.rows(content, table)[index]
        for key, value in row.items():
            if isinstance(value, str):
                other = DESK.edited(file, content, {(table, index): {key: f"{value} “khác”"}})
                assert DESK.rows(other, table)[index] == {**row, key: f"{value} “khác”"}
                assert DESK.edited(file, other, {(table, index): {key: value}}) == content, (file, table, index, key)
                tried += 1
                break
    assert tried > 50


def test_one_row_changes_and_all_comments_stay() -> None:
    changes: dict[str, Plain] = {"day": 12, "opens": None, "roll": "next", "on": date(2027, 11, 30)}
    edited = DESK.edited(
        "f", FILE, {("row", 0): changes, ("row", 2): {"max": Decimal("7.50")}, ("", 0): {"name": "Mới"}}
    )
    assert edited.decode() == FILE.decode().replace('"Tên"', '"Mới"').replace(
        "day = 1  # giữ lại\nopens = {day = 1, month = 10}\n",
        'day = 12  # giữ lại\nroll = "next"\non = 2027-11-30\n',
    ).replace('key = "c"\n', 'key = "c"\nmax = 7.5\n')


def test_a_line_leads_to_its_key() -> None:
    lines = FILE.decode().split("\n")
    assert DESK.place(FILE, lines.index("day = 1  # giữ lại") + 1) == Place(table="row", index=0, key="day")
    assert DESK.place(FILE, lines.index('key = "c"') + 1) == Place(table="row", index=2, key="key")
    assert DESK.place(FILE, lines.index("[other]") + 1) == Place(table="other", index=0, key="")
    assert DESK.place(FILE, 1) is None


def test_nothing_wished_changes_no_byte() -> None:
    for content in (FILE, b"\xef\xbb\xbfa = 1\r\n", b"[[r]]\nb = 1"):
        assert DESK.edited("f", content, {}) == content
        assert DESK.edited("f", content, {("row", 0): {}}) == content
    marked = b"\xef\xbb\xbfa = 1\r\n[[r]]\r\nb = 2\r\n"
    assert DESK.edited("f", marked, {("r", 0): {"b": 3}}) == b"\xef\xbb\xbfa = 1\r\n[[r]]\r\nb = 3\r\n"


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40).map(nfc), st.sampled_from(["", "row", "other"]))
def test_whatever_is_typed_comes_back_as_it_was(text: str, table: str) -> None:
    edited = DESK.edited("f", FILE, {(table, 0): {"text": text}})
    found = DESK.rows(edited, table) if table != "other" else None
    assert found is None or found[0]["text"] == text
    assert DESK.edited("f", edited, {(table, 0): {"text": None}}) == FILE


def test_a_row_comes_and_goes_and_leaves_no_trace() -> None:
    cells: dict[str, Plain] = {"key": "d", "max": Decimal("2.5"), "left": None}
    for after in (0, 1, 2):
        grown = DESK.with_row("f", FILE, "row", after, cells)
        assert [row["key"] for row in DESK.rows(grown, "row")].index("d") == after + 1
        assert DESK.without("f", grown, "row", after + 1).replace(b"\n", b"") == FILE.replace(b"\n", b"")
    gone = DESK.without("f", FILE, "row", 1).decode()
    assert ("# thuộc về b" in gone, "# ---- Phần hai ----" in gone, "# ---- Phần một ----" in gone) == (
        False,
        False,
        True,
    )
    assert DESK.rows(DESK.with_row("f", FILE, "new", -1, {"key": "x"}), "new") == [{"key": "x"}]
    with pytest.raises(BadPack):
        DESK.without("f", FILE, "row", 3)


def test_the_installations_own_tables_are_no_part_of_a_model() -> None:
    folder = shipped()[0]
    files = {name: content for name, content in read_shared().items() if not name.endswith(".toml")}
    files |= read_folder(folder)
    assert DESK.ready(folder.name, files)[0].key == folder.name
    with pytest.raises(BadPack) as refusal:
        DESK.ready(folder.name, files | {"_shared/organisation.toml": read_shared()["_shared/organisation.toml"]})
    assert [f.file for f in refusal.value.findings] == ["_shared/organisation.toml"]


@pytest.mark.parametrize("content", [b"[[row]\n", b"a = 1\na = 2\n", b"\xff", b"a = " + b"[" * 5000, b"[row]\nx = 1\n"])
def test_what_cannot_be_changed_is_refused(content: bytes) -> None:
    with pytest.raises(BadPack):
        DESK.edited("f", content, {("row", 3): {"a": 1}})
