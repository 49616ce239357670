"""Is a further model really only files? A made-up one, put anywhere, is sound and lives its year."""

from __future__ import annotations

from pathlib import Path

from engine.process import packs
from tests.factories import RUNTIME
from tests.models.timeline import copied, live

MADE_UP = next((Path(__file__).parent / "twelfth").iterdir())


def test_its_folder_is_sound() -> None:
    model = packs.read_pack(MADE_UP)
    definition = RUNTIME.compile({name: data for name, data in model.files.items() if packs.is_diagram(name)})
    assert packs.check_model(model, definition) == []


def test_it_lives_a_year_without_a_line_of_program(tmp_path: Path) -> None:
    year = live(MADE_UP, tmp_path, units=12)
    assert (year.rehearsed.closed, year.rehearsed.incidents) == (True, ())
    outcome = dict(year.rehearsed.outcome)
    assert sum(outcome.values()) == 12
    assert set(outcome) <= {"closed", "refused", "not_participating"}
    assert outcome["closed"] > 0
    assert {line.last_day for line in year.of("submitted", task="register")} == {"2027-02-28"}
    told = [
        line.text.partition(": ")[2]
        for line in year.of("submitted", "accepted", "refused")
        if line.task != "supplement"
    ]
    assert {text.partition(" ngõ phố")[0] for text in told} >= {"Gửi bản đăng ký", "Tiếp nhận bản đăng ký"}
    assert [text for text in told if "bản đăng ký ngõ phố" not in text] == []


def test_another_date_in_its_file_is_another_date_in_the_year(tmp_path: Path) -> None:
    later = ("model.toml", lambda text: text.replace("day = 1\nmonth = 3\n", "day = 1\nmonth = 4\n"))
    folder = copied(MADE_UP, tmp_path, later)
    assert packs.read_pack(folder).sha256 != packs.read_pack(MADE_UP).sha256
    year = live(folder, tmp_path / "ra", units=3)
    assert {line.last_day for line in year.of("submitted", task="register")} == {"2027-03-31"}
