"""What does a model's folder say? Files become a CycleModel, or findings by file, line and element.

The format is described in `bpmn/README.md`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import jsonschema

from engine.errors import BadPack
from engine.process.pack_check import check_model
from engine.process.pack_deadlines import read_deadlines
from engine.process.pack_files import (
    CRITERIA,
    DOCUMENT,
    FORM,
    MAX_FILE,
    MODEL,
    PROGRAMME,
    RANKING,
    SHARED,
    SURVEY,
    TARGETS,
    belongs,
    is_diagram,
    is_shared_table,
    read_folder,
    read_shared,
    shipped,
    version_of,
)
from engine.process.pack_programme import read_programme
from engine.process.pack_ranking import read_ranking
from engine.process.pack_surveys import read_survey
from engine.process.pack_tables import (
    Codes,
    read_codes,
    read_criteria,
    read_groups,
    read_lanes,
    read_processes,
    read_reminders,
    read_settings,
    read_titles,
)
from engine.process.pack_targets import Aims, read_aims
from engine.process.pack_toml import Document, Report, parse
from engine.rules.criteria import CriteriaSet
from engine.rules.cycle_models import KEY, CycleModel, Json
from engine.rules.deadlines import names_of
from engine.rules.organisation import Organisation
from engine.rules.programme import Programme
from engine.rules.text import nfc

__all__ = [
    "check_model",
    "is_diagram",
    "read_folder",
    "read_model",
    "read_organisation",
    "read_pack",
    "read_shared",
    "shipped",
    "version_of",
]

_CITY: Final = f"{SHARED}/city.toml"
_TOO_DEEP: Final = "Tệp lồng nhau quá nhiều tầng."
_ORGANISATION: Final = f"{SHARED}/organisation.toml"


def read_pack(folder: Path) -> CycleModel:
    """Read a model's folder with the `_shared` folder beside it (else the shipped one); raise `BadPack`."""
    folder = folder.resolve()
    beside = folder.parent / SHARED
    shared = read_shared(beside if beside.is_dir() else None)
    return read_model(read_folder(folder) | shared, folder.name)


def read_model(files: Mapping[str, bytes], key: str) -> CycleModel:
    """Make a model of a pack's files (see `read_folder`) and its key; raise `BadPack` with all findings.

    Diagrams under `_shared/` belong to the model and its version; the shared tables only judge it. Without them (a version
    that an installation keeps was judged when it came) no code is judged, and the shipped ones say what families hold.
    """
    report = Report()
    _check_files(files, key, report)
    own = {name: files[name] for name in sorted(files) if not is_shared_table(name)}
    known = _known_codes(files, report)
    document = parse(MODEL, files[MODEL], report) if MODEL in files else None
    rehearsal = _rehearsal(files, report)
    model = _model(document, own, key, known, rehearsal, report) if document else None
    if model is None or report.findings:
        raise BadPack(report.findings)
    return model


def _check_files(files: Mapping[str, bytes], key: str, report: Report) -> None:
    for name in sorted(files):
        if not belongs(name) or len(files[name]) > MAX_FILE:
            report.add(name, 0, "", "Tệp không thuộc gói mô hình hoặc quá lớn.")
    if not KEY.fullmatch(key):
        report.add(MODEL, 0, "", f"Tên thư mục “{key}” chỉ được có chữ cái không dấu, chữ số, “-”, “_” và “.”.")
    if MODEL not in files:
        report.add(MODEL, 0, "", "Thiếu tệp model.toml.")
    if not any(name.endswith(".bpmn") and not name.startswith(SHARED) for name in files):
        report.add("", 0, "", "Gói không có sơ đồ *.bpmn.")


def read_organisation(content: bytes) -> Organisation:
    """Read the shared `organisation.toml`; raise `BadPack`."""
    report = Report()
    document = parse(_ORGANISATION, content, report)
    organisation = read_codes(document) if document else None
    if organisation is None or report.findings:
        raise BadPack(report.findings)
    return organisation


def _model(
    document: Document,
    files: Mapping[str, bytes],
    key: str,
    known: Codes,
    rehearsal: Mapping[str, Json],
    report: Report,
) -> CycleModel:
    head = document.table("model")
    groups, settings, lanes = read_groups(document, known), read_settings(document), read_lanes(document, known)
    aims = _aims(files, known, report)
    deadlines, forms = read_deadlines(document, groups), dict(_forms(files, report))
    rankings = [read_ranking(d, known, deadlines) for _, d in _parsed(files, RANKING, report)]
    names = {name for rule in deadlines for name in names_of(rule)}
    model = CycleModel(
        key=key,
        sha256=version_of(files),
        name=head.text("name"),
        source=head.text("source"),
        lead_unit_kind=known.unit_kind(head, "lead_unit_kind"),
        first_year=head.maybe_whole("first_year", 2000, 2100),
        lanes={lane.id: lane for lane in lanes},
        groups=groups,
        deadlines=deadlines,
        processes=read_processes(document, known, settings),
        settings=settings,
        reminders=read_reminders(document),
        titles=read_titles(document, known),
        criteria=dict(_criteria(files, known, report)),
        forms=forms,
        documents={name: _plain(d.data) for name, d in _parsed(files, DOCUMENT, report)},
        rehearsal=rehearsal,
        targets=aims.targets,
        indicators=aims.indicators,
        programme=_programme(files, report),
        surveys={key: read_survey(d, key, forms, names, known) for key, d in _parsed(files, SURVEY, report)},
        ranking=next(iter(rankings), None),
        files=dict(files),
        families=known.families,
        single=known.single,
    )
    head.finish()
    document.top().finish()
    document.finish()
    return model


def _known_codes(files: Mapping[str, bytes], report: Report) -> Codes:
    if _ORGANISATION not in files:
        shipped_table = read_shared().get(_ORGANISATION)
        return Codes(None, read_organisation(shipped_table) if shipped_table else None)
    document = parse(_ORGANISATION, files[_ORGANISATION], report)
    return Codes(read_codes(document) if document else None)


def _criteria(files: Mapping[str, bytes], known: Codes, report: Report) -> Iterator[tuple[int, CriteriaSet]]:
    for name, document in _parsed(files, CRITERIA, report, numbers=Decimal):
        yield int(name), read_criteria(document, int(name), known)


def _aims(files: Mapping[str, bytes], known: Codes, report: Report) -> Aims:
    found = [read_aims(document, known) for _, document in _parsed(files, TARGETS, report, numbers=Decimal)]
    return found[0] if found else Aims(indicators=(), targets=())


def _forms(files: Mapping[str, bytes], report: Report) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Forms by key, those of `_shared` first: a form of the model's own stands over them."""
    for name, content in sorted(files.items(), key=lambda file: not file[0].startswith(f"{SHARED}/")):
        if key := FORM.fullmatch(name):
            form = _json(name, content, report)
            if (
                not isinstance(form, dict)
                or form.get("type") != "object"
                or not isinstance(form.get("properties"), dict)
            ):
                report.add(name, 0, "", "Biểu mẫu phải là JSON Schema với “type”: “object” và “properties”.")
                continue
            try:
                jsonschema.Draft202012Validator.check_schema(form)
            except jsonschema.SchemaError as error:
                report.add(name, 0, error.json_path, f"Không đúng JSON Schema 2020-12: {error.message}.")
                continue
            except RecursionError:
                report.add(name, 0, "", _TOO_DEEP)
                continue
            yield key[1], form


def _json(name: str, content: bytes, report: Report) -> Any:
    try:
        text = nfc(content.decode("utf-8-sig"))
        return json.loads(text, object_pairs_hook=lambda pairs: _without_twins(name, pairs, report))
    except UnicodeDecodeError:
        report.add(name, 0, "", "Tệp không phải UTF-8.")
    except json.JSONDecodeError as error:
        report.add(name, error.lineno, "", f"Tệp không phải JSON đúng cú pháp: {error.msg}.")
    except ValueError:
        report.add(name, 0, "", "Tệp có một số quá lớn.")
    except RecursionError:
        report.add(name, 0, "", _TOO_DEEP)
    return {"type": "object", "properties": {}}


def _without_twins(name: str, pairs: list[tuple[str, Any]], report: Report) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in {k for k in keys if keys.count(k) > 1}:
        report.add(name, 0, key, f"Khóa “{key}” có hai lần.")
    return dict(pairs)


def _programme(files: Mapping[str, bytes], report: Report) -> Programme | None:
    document = parse(PROGRAMME, files[PROGRAMME], report) if PROGRAMME in files else None
    return read_programme(document) if document else None


def _rehearsal(files: Mapping[str, bytes], report: Report) -> Mapping[str, Json]:
    """The pack's script; without a city of its own it stands over the shared city's, the shipped one where none is given."""
    own = _table("rehearsal.toml", files, report)
    if "root" in own.get("city", {}):
        return own
    return _over(own, _table(_CITY, files if _CITY in files else read_shared(), report))


def _table(name: str, files: Mapping[str, bytes], report: Report) -> dict[str, Any]:
    document = parse(name, files[name], report) if name in files else None
    return dict(_plain(document.data)) if document else {}


def _over(own: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """Two trees of tables as one: what `own` says stands over `shared`."""
    both = {k: _over(own[k], v) for k, v in shared.items() if isinstance(v, dict) and isinstance(own.get(k), dict)}
    return {**shared, **own, **both}


def _parsed(
    files: Mapping[str, bytes], pattern: re.Pattern[str], report: Report, *, numbers: Callable[[str], Any] = float
) -> Iterator[tuple[str, Document]]:
    for name, content in files.items():
        if key := pattern.fullmatch(name):
            document = parse(name, content, report, numbers=numbers)
            if document is not None:
                yield key[1], document


def _plain(value: Any) -> Any:
    """TOML as JSON: dates and times become text."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | bool | int | float) else value.isoformat()
