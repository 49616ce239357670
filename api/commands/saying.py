"""How does the command line say what went wrong? In Vietnamese, by the same codes as the pages.

Commands that only look at diagrams say things too, so nothing heavy is imported here before there is an error.
"""

import sys

from engine.errors import BadPack, ChukyError, Finding, Invalid, NotFound, Refused

#: What the core calls its things, as people call them.
_KINDS = {
    "Backup": "bản sao lưu nào trong",
    "Cycle": "chu kỳ số",
    "CycleModel": "phiên bản",
    "Dossier": "hồ sơ số",
    "Incident": "sự cố số",
    "IncidentKind": "loại sự cố",
    "Instance": "quy trình số",
    "Switch": "lần chuyển số",
    "Unit": "đơn vị số",
}


def say(text: str) -> None:
    """Write a line for the person at the terminal, apart from the command's output."""
    print(text, file=sys.stderr, flush=True)


def explain(error: ChukyError) -> int:
    """Say what was wrong; answers the exit code."""
    from api.settings import BadSettings

    if isinstance(error, BadSettings):
        say("Thiết đặt chưa đúng:")
        for line in error.lines:
            say(f"  {line}")
        return 2
    for line in _lines(error):
        say(line)
    return 1


def warn_of_unknown_settings() -> None:
    """Point out names in the environment that nobody reads."""
    from api.settings import unknown_names

    for name in unknown_names():
        say(f"Chú ý: {name} không phải là thiết đặt nào (xem docs/operations.md).")


def finding_line(finding: Finding) -> str:
    """One finding as `file:line: element: reason`."""
    place = ":".join(str(part) for part in (finding.file, finding.line) if part)
    element = f" {finding.element}:" if finding.element else ""
    mark = " (cảnh báo)" if finding.warning else ""
    return f"{place}:{element}{mark} {finding.reason}"


def _lines(error: ChukyError) -> list[str]:
    from api.assembly import NotMigrated, TooNew
    from api.texts import sentence

    if isinstance(error, BadPack):
        return [finding_line(finding) for finding in error.findings]
    if isinstance(error, TooNew):
        return ["Cơ sở dữ liệu thuộc một phiên bản mới hơn chương trình này. Hãy dùng chương trình mới hơn."]
    if isinstance(error, NotMigrated):
        return ["Cơ sở dữ liệu chưa ở phiên bản này. Hãy chạy: chuky migrate"]
    if isinstance(error, Invalid):
        return [f"{name}: {sentence(fault.code, fault.facts)}" for name, fault in error.fields.items()]
    if isinstance(error, Refused):
        return [sentence(error.code, error.facts)]
    if isinstance(error, NotFound):
        return [f"Không tìm thấy {_KINDS.get(error.kind, error.kind)} {error.key}."]
    return [str(error)]
