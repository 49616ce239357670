"""What virtual people write into forms: what is known first, rows of their own where nothing is."""

from typing import Any

from engine.use_cases.rehearsal.filler import Filler
from engine.use_cases.rehearsal.script import Script

SCRIPT = Script(
    raw={
        "members": {"count": [2, 2], "birth_years": [2014, 2014]},
        "names": {"family": ["Lê"], "middle": ["Thu"], "given": ["An"]},
    },
    seed=7,
)
COLUMNS = {"full_name": {"type": "string"}, "birth_year": {"type": "integer"}}


def filled(known: dict[str, Any], *, fixed: bool) -> dict[str, object]:
    table = {"type": "array", "items": {"type": "object", "properties": COLUMNS}, "x-ui": {"fixed": fixed}}
    schema: dict[str, Any] = {"properties": {"members": table}}
    return Filler(script=SCRIPT, chance=SCRIPT.chance("form")).fill("form", schema, known, {})


def test_a_table_that_people_fill_themselves_gets_rows_when_nothing_is_known() -> None:
    made = {"full_name": "Lê Thu An", "birth_year": 2014}
    assert filled({"members": []}, fixed=False) == {"members": [made, made]}


def test_known_rows_stay_and_a_fixed_table_without_rows_stays_empty() -> None:
    known = {"full_name": "Trần Hà", "birth_year": 2013}
    assert filled({"members": [known]}, fixed=False) == {"members": [known]}
    assert filled({"members": []}, fixed=True) == {"members": []}
