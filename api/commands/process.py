"""What do diagrams and tables say, without an installation? Light: no web, no jobs, no PDF is loaded."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.commands.saying import finding_line, say
from api.exact_json import exact_json
from engine.errors import BadPack, Finding, NotFound


def validate(options: argparse.Namespace) -> int:
    """Print what is wrong with files or folders; 1 when something is (warnings do not count)."""
    findings = [finding for path in options.paths for finding in _findings(path)]
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            print(finding_line(finding))
    faults = [finding for finding in findings if not finding.warning]
    if not options.json:
        say(f"{len(faults)} lỗi, {len(findings) - len(faults)} cảnh báo." if findings else "Không có lỗi.")
    return 1 if faults else 0


def _findings(path: Path) -> list[Finding]:
    from engine.process.pack_ready import ready_folder
    from engine.process.validate import validate_file, validate_folder

    if not path.exists():
        raise NotFound("tệp hoặc thư mục", path)
    if not path.is_dir():
        return validate_file(path)
    found = validate_folder(path)
    if (path / "model.toml").is_file():
        try:
            _, more = ready_folder(path)
        except BadPack as error:
            more = list(error.findings)
        more += _form_findings(path, {finding.file for finding in more})
        found += [finding for finding in more if finding not in found]
    return found


def _form_findings(path: Path, told: set[str]) -> list[Finding]:
    """What pages could not show of the folder's forms; files that are no forms at all are told already."""
    from api.forms import check_forms

    forms = {f"forms/{file.name}": file.read_bytes() for file in sorted((path / "forms").glob("*.json"))}
    return [finding for finding in check_forms(forms) if finding.file not in told]


def simulate(options: argparse.Namespace) -> int:
    """Run a process as the request says; print the result."""
    from engine.process.simulate import rejected
    from engine.process.simulate import simulate as run
    from engine.runner.clock import system_clock

    return answer(lambda request: run(request, now=system_clock()), rejected, options.request)


def decide(options: argparse.Namespace) -> int:
    """Ask a decision table as the request says; print the result."""
    from engine.process.simulate import decide as run
    from engine.runner.clock import system_clock

    return answer(lambda request: run(request, now=system_clock()), lambda error: {"error": error}, options.request)


def answer(
    run: Callable[[dict[str, Any]], Mapping[str, Any]], refused: Callable[[str], Mapping[str, Any]], source: str
) -> int:
    """Read a request as JSON, print the answer as JSON; the exit code: 1 for an error."""
    from engine.process.requests import BadRequest, read_json

    try:
        found = run(read_json(_input() if source == "-" else Path(source).read_bytes()))
    except OSError as error:
        found = refused(f"Không đọc được yêu cầu: {error.strerror}.")
    except BadRequest as error:
        found = refused(str(error))
    encoding = sys.stdout.encoding or "utf-8"
    text = exact_json(found, ascii_only=encoding.lower().replace("-", "") != "utf8", indent=2)
    # Half of a pair of signs is written as JSON escapes it.
    print(text.encode(encoding, "backslashreplace").decode(encoding))
    return 1 if found.get("error") or found.get("state") in ("rejected", "error") else 0


def _input() -> bytes:
    # The bytes: whatever the machine's language is, JSON is UTF-8.
    stream = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read().encode("utf-8", "surrogatepass") if stream is None else bytes(stream.read())
