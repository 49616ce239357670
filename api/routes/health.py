"""Does the installation live, and can it work? For load balancers and monitors; no names, no data."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import JSONResponse

from api.actor import TheHouse
from api.assembly import House

router = APIRouter(prefix="/suc-khoe", include_in_schema=False)

#: A worker without a heartbeat, a job or a timer that waits longer means that nobody does the work.
_SILENT_SECONDS = 180
_LATE = timedelta(minutes=15)


@router.get("/live")
def live() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/ready")
def ready(house: TheHouse) -> JSONResponse:
    """Everything that pages and jobs need is there; 503 and the names of what is not, when it is not."""
    try:
        missing = _missing(house)
    except Exception:  # noqa: BLE001  # whatever keeps us from looking is the answer
        missing = ["database"]
    if missing:
        return JSONResponse({"status": "not ready", "missing": missing}, 503)
    return JSONResponse({"status": "ok"})


def _missing(house: House) -> list[str]:
    health, now = house.health(), house.clock()
    late_timer = health.next_timer is not None and now - health.next_timer > _LATE
    late_job = health.oldest_job is not None and house.real_clock() - health.oldest_job > _LATE
    silent = health.worker_silent_for is None or health.worker_silent_for > _SILENT_SECONDS
    faults = {
        "schema": not health.schema_current,
        "storage": not health.storage_writable,
        "worker": house.inline is None and silent,
        "timers": late_timer,
        "jobs": late_job,
    }
    return [name for name, wrong in faults.items() if wrong]
