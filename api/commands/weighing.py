"""What do points, lists and targets come to? The same functions as the pages, asked in JSON; nothing is installed.

docs/scoring.md says what is asked and answered.
"""

import argparse
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from api.commands.process import answer
from api.texts import sentence
from engine.errors import Invalid
from engine.process.pack_tables import Codes, read_criteria
from engine.process.pack_targets import read_targets
from engine.process.pack_toml import Document, Report, parse
from engine.process.requests import BadRequest
from engine.rules import ranking, ranking_data, scoring, targets
from engine.rules.criteria import CriteriaSet

Json = Mapping[str, Any]
#: Larger requests are no list of a city.
MOST = 20_000


def score(options: argparse.Namespace) -> int:
    """Weigh the points of one unit."""
    return answer(lambda request: _judged(_score, request), _refused, options.request)


def rank(options: argparse.Namespace) -> int:
    """Put units in their order, block by block."""
    return answer(lambda request: _judged(_rank, request), _refused, options.request)


def target(options: argparse.Namespace) -> int:
    """Hold figures against the targets of a year."""
    return answer(lambda request: _judged(_target, request), _refused, options.request)


def _judged(judge: Any, request: Json) -> Json:
    try:
        return dict(judge(request))
    except Invalid as error:
        raise BadRequest(
            " ".join(f"{name}: {sentence(e.code, e.facts)}" for name, e in error.fields.items())
        ) from error


def _refused(error: str) -> Json:
    return {"error": error}


def _score(request: Json) -> Json:
    criteria = _criteria(request)
    cohort, kind = _text(request, "cohort") or None, _text(request, "unit_kind") or None
    lines = scoring.applicable(criteria, cohort, kind)
    points = {key: _number(value, f"points.{key}") for key, value in _object(request, "points").items()}
    points = scoring.zeroed(lines, points, _texts(request, "zeroed"))
    apart = [c.key for c in criteria.criteria if c not in lines]
    waiting = scoring.held(lines, points)
    if waiting:
        return {"state": "held", "held": list(waiting), "not_applicable": apart}
    found = scoring.score(
        criteria, cohort, points, {**_texts(request, "reasons"), **_texts(request, "zeroed")}, unit_kind=kind
    )
    return {
        "state": "scored",
        "points": found.points,
        "band": found.band.key,
        "label": found.band.label,
        "recognised": found.recognised,
        "failed": list(found.failed),
        "not_applicable": apart,
        "lines": list(found.reasons),
    }


def _rank(request: Json) -> Json:
    entrants = [_entrant(row, n) for n, row in enumerate(_rows(request, "units"))]
    blocks = [_block(row, n) for n, row in enumerate(_rows(request, "blocks"))]
    blocks = blocks or [ranking.Block(key="all", label="", unit_kinds=())]
    before = {
        block: {unit: int(_number(place, f"before.{block}.{unit}") or 0) for unit, place in _dict(places).items()}
        for block, places in _object(request, "before").items()
    }
    found = ranking.tables(entrants, blocks, ties=_choice(request, "ties", ranking.Ties), before=before)
    return ranking_data.answered(found)


def _entrant(row: Json, number: int) -> ranking.Entrant:
    name = _text(row, "name") or _text(row, "key")
    if not name:
        raise BadRequest(f"“units” thứ {number + 1} thiếu “name”.")
    return ranking.Entrant(
        key=_text(row, "key") or name,
        name=name,
        unit_kind=_text(row, "unit_kind"),
        points=_number(row.get("points"), f"units.{number}.points"),
        reason=_text(row, "reason"),
    )


def _block(row: Json, number: int) -> ranking.Block:
    kinds = row.get("unit_kinds", [])
    if not _text(row, "key") or not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        raise BadRequest(f"“blocks” thứ {number + 1} cần “key” là chữ và “unit_kinds” là danh sách chữ.")
    return ranking.Block(key=row["key"], label=_text(row, "label"), unit_kinds=tuple(kinds))


def _target(request: Json) -> Json:
    year = request.get("year")
    if not isinstance(year, int) or isinstance(year, bool):
        raise BadRequest("“year” phải là năm, ví dụ 2026.")
    figures = {key: _figure(value, key) for key, value in _object(request, "figures").items()}
    asked = targets.of_year(_read(request, "targets", "target", read_targets), year)
    verdicts = [_judge(one, request, figures.get(one.indicator, targets.Figure())) for one in asked]
    return {"year": year, "targets": [_verdict(found) for found in verdicts]}


def _judge(asked: targets.Target, request: Json, figure: targets.Figure) -> targets.Verdict:
    said = request.get("figures", {}).get(asked.indicator)
    complete = _truth(said, "complete") if isinstance(said, Mapping) else True
    return targets.judge(asked, figure, complete=complete, over=_truth(request, "over"))


def _truth(request: Json, key: str) -> bool:
    value = request.get(key, True)
    if not isinstance(value, bool):
        raise BadRequest(f"“{key}” phải là true hoặc false.")
    return value


def _figure(value: Any, key: str) -> targets.Figure:
    if not isinstance(value, Mapping):
        return targets.Figure(value=_number(value, key))
    parts = {name: _number(value.get(name), f"figures.{key}.{name}") for name in ("value", "whole", "baseline")}
    return targets.Figure(**parts)


def _verdict(found: targets.Verdict) -> Json:
    own = found.target
    asked = {"comparison": own.comparison.value, "value": own.value, "upper": own.upper}
    said = {"reached": found.reached, "met": found.met, "gap": found.gap.value if found.gap else None}
    return {"indicator": own.indicator, "label": own.label, "measure": own.measure.value, **asked, **said}


def _criteria(request: Json) -> CriteriaSet:
    given = request.get("criteria")
    if isinstance(given, Mapping):
        request = {"criteria": {"name": "JSON", "source": "JSON", "sample": True, **given}}
    found: CriteriaSet = _read(request, "criteria", "criterion", lambda d: read_criteria(d, 0, Codes(None)))
    return found


def _read(request: Json, key: str, table: str, read: Any) -> Any:
    """A pack's file by its path, or the same written into the request: its tables, or just the list of them."""
    given, report = request.get(key), Report()
    if isinstance(given, str) and given.strip() and "\0" not in given:
        document = parse(given, _bytes(Path(given)), report, numbers=Decimal)
    elif isinstance(given, list | Mapping):
        document = Document(key, {table: given} if isinstance(given, list) else dict(given), {}, report)
    else:
        raise BadRequest(f"“{key}” phải là đường dẫn tới tệp TOML, hoặc chính nội dung của tệp.")
    found = read(document) if document is not None else None
    if report.findings:
        first = report.findings[0]
        raise BadRequest(f"{first.file}:{first.line}: {first.element}: {first.reason}")
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = "không có tệp này" if isinstance(error, FileNotFoundError) else error.strerror
        raise BadRequest(f"Không đọc được “{path}”: {why}.") from error


def _object(request: Json, key: str) -> Json:
    return _dict(request.get(key, {}), key)


def _dict(value: Any, key: str = "before") -> Json:
    if not isinstance(value, Mapping) or len(value) > MOST:
        raise BadRequest(f"“{key}” phải là một đối tượng JSON có không quá {MOST} mục.")
    return value


def _rows(request: Json, key: str) -> list[Json]:
    rows = request.get(key, [])
    if not isinstance(rows, list) or len(rows) > MOST or not all(isinstance(row, Mapping) for row in rows):
        raise BadRequest(f"“{key}” phải là danh sách các đối tượng, không quá {MOST} dòng.")
    return rows


def _text(request: Json, key: str) -> str:
    value = request.get(key, "")
    if not isinstance(value, str):
        raise BadRequest(f"“{key}” phải là chữ.")
    return value


def _texts(request: Json, key: str) -> dict[str, str]:
    found = _object(request, key)
    return {name: _text(found, name) for name in found}


def _choice(request: Json, key: str, kinds: Any) -> Any:
    value = request.get(key, next(iter(kinds)).value)
    if value not in [kind.value for kind in kinds]:
        raise BadRequest(f"“{key}” phải là một trong: {', '.join(kind.value for kind in kinds)}.")
    return kinds(value)


def _number(value: Any, where: str) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadRequest(f"“{where}” phải là một số hoặc null.")
    return Decimal(value)
