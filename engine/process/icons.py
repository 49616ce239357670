"""Which small signs tell kinds of tasks and events apart? Paths on a 16 by 16 grid; no font has them all."""

from typing import Final

TASKS: Final = {
    "userTask": "M8 2a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM2.5 14.5v-2a3.5 3.5 0 0 1 3.5-3.500h4a3.5 3.5 0 0 1 3.5 3.500v2z",
    "manualTask": "M2 9V5h6L6.5 3H9l3.5 3H14v6.500H5L2 11z",
    "serviceTask": "M8 1.500v2M8 12.500v2M1.5 8h2M12.5 8h2M3.4 3.400l1.4 1.400M11.2 11.200l1.4 1.400M3.4 12.600l1.4-1.400M11.2 4.800l1.4-1.4"
    "M8 4.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
    "scriptTask": "M4 2h9c-2 2-2 4 0 6s2 4 0 6H4c2-2 2-4 0-6S2 4 4 2zM5.5 5h5M6.5 8h5M7 11h5",
    "businessRuleTask": "M2 3h12v10H2zM2 6h12M2 9.500h12M6 6v7",
    "sendTask": "M2 4h12v8H2zM2 4l6 4.500L14 4",
    "receiveTask": "M2 4h12v8H2zM2 4l6 4.500L14 4",
}
EVENTS: Final = {
    "message": "M2.5 4.500h11v7h-11zM2.5 4.500l5.5 4 5.5-4",
    "timer": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.500V8l2.5 1.5",
    "signal": "M8 2.5 14 13H2z",
    "error": "M3 13 6 4l3.5 5L13 3l-3 9.500L6.5 7.500z",
    "escalation": "M8 2.5 12.5 13 8 9l-4.5 4z",
    "terminate": "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3z",
}
#: What is drawn elsewhere: the box with a plus of a called process.
CALL: Final = "M2 2h12v12H2zM8 5v6M5 8h6"
GATEWAYS: Final = {
    "exclusiveGateway": "M4 4l8 8M12 4l-8 8",
    "parallelGateway": "M8 2.500v11M2.5 8h11",
    "inclusiveGateway": "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3z",
    "eventBasedGateway": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 5l3 2.2-1.2 3.500H6.200L5 7.200z",
}
LOOPS: Final = {
    "parallel": "M5 3v10M8 3v10M11 3v10",
    "sequential": "M3 5h10M3 8h10M3 11h10",
    "standard": "M12.5 9A4.5 4.5 0 1 1 11 4.600M11 2v3H8",
}


def icon(path: str, x: float, y: float, *, filled: bool = False, scale: float = 1.0) -> str:
    """The sign with its middle at (x, y)."""
    names = "ck-bpmn__icon ck-bpmn__icon--filled" if filled else "ck-bpmn__icon"
    ink = ' fill="currentColor"' if filled else ""
    return f'<path class="{names}"{ink} aria-hidden="true" transform="translate({x - 8 * scale:.1f} {y - 8 * scale:.1f}) scale({scale:g})" d="{path}"/>'
