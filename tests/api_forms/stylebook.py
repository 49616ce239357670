"""What do the parts of the interface look like together? Sample pages under the strict policy, for people and for tests.

.venv/bin/python -m tests.api_forms.stylebook FOLDER     screenshots of every page, light and dark, 390 and 1280 px
"""

import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from api.charts import CoverageRow, FunnelStage, GanttRow, coverage_bars, funnel, year_gantt
from api.forms import is_editing, parse_form, prefilled, read, render_context, summarise, validate
from api.templating import CONTENT_SECURITY_POLICY, DIST, HERE, NavItem, Notice, Page, Templates
from tests.api_forms.samples import FACTS, FILE, FORM, SENT

NOW = datetime(2026, 11, 6, 7, 30, tzinfo=UTC)
ACTOR = SimpleNamespace(full_name="Trần Thị Ánh", unit_name="Đoàn phường Ngô Quyền", role_label="Bí thư Đoàn cơ sở")
SPEC = parse_form(FORM, file="mau.json")
GIVEN = prefilled(SPEC, FACTS)
ANSWERS = read(SPEC, SENT, {"bien_ban": FILE}, given=GIVEN)
#: Seven mistakes.
WRONG: Mapping[str, list[str]] = {
    **SENT, "f.loai": [""], "f.thu": ["a@"], "f.noi_dung": [""], "f.so_doan_vien": ["abc"], "f.ngay_hop.month": ["13"],
    "f.doan_vien.0.diem": ["11"], "f.tieu_chi.1.tu_cham": ["7"],
}  # fmt: skip
MIME = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8"}


@cache
def templates() -> Templates:
    return Templates(folders=(HERE / "templates", Path(__file__).parent / "pages"))


def page(**changes: object) -> Page:
    values: dict[str, object] = {
        "now": NOW, "csrf": "t", "actor": ACTOR, "demo": True, "notices": (Notice(kind="good", text="Đã lưu bản đăng ký."),),
        "nav": (
            NavItem(label="Việc của tôi", href="/viec", current=True, count=14),
            NavItem(label="Hồ sơ", href="/ho-so"),
            NavItem(label="Chu kỳ", href="/chu-ky"),
            NavItem(label="Văn bản", href="/van-ban", count=3),
        ),
    }  # fmt: skip
    return Page(**{**values, **changes})  # type: ignore[arg-type]


def tasks() -> str:
    def task(number: int, title: str, day: int, month: int = 11) -> SimpleNamespace:
        return SimpleNamespace(
            id=number, title=title, last_day=date(2026, month, day), unit="Chi đoàn Tổ dân phố số 3", step="Đăng ký"
        )

    groups = [
        ("Quá hạn", [task(1, "Báo cáo số lượng chi đoàn đăng ký của quý trước", 3)]),
        ("Hôm nay – 7 ngày", [task(2, "Duyệt bản đăng ký", 6), task(3, "Đăng ký nội dung năm 2027", 9)]),
        ("Sau đó", [task(n, "Theo dõi quý IV/2026", 5, 12) for n in range(4, 12)]),
    ]
    return templates().render("tasks.html", page(), groups=groups)


def form(data: Mapping[str, list[str]] | None = None) -> str:
    if data is None:
        return templates().render("form.html", page(), view=render_context(SPEC, GIVEN))
    files = {"bien_ban": FILE} if data is SENT else {}
    answers = read(SPEC, data, files, given=GIVEN)
    errors = {} if is_editing(data) or data is SENT else validate(SPEC, answers)
    return templates().render("form.html", page(notices=()), view=render_context(SPEC, answers, errors))


def dossier() -> str:
    def event(title: str, day: int, tone: str, text: str = "") -> SimpleNamespace:
        return SimpleNamespace(
            title=title, at=datetime(2026, 11, day, 3, tzinfo=UTC), who="Trần Thị Ánh", text=text, tone=tone
        )

    events = [
        event("Tiếp nhận", 6, "good"),
        event("Trả lại", 5, "late", "Thiếu biên bản họp."),
        event("Gửi đăng ký", 4, "info"),
    ]
    return templates().render(
        "dossier.html", page(), events=events, sections=summarise(SPEC, ANSWERS), last_day=date(2027, 11, 9)
    )


def dashboard() -> str:
    rows = [
        GanttRow(
            label="Đăng ký (các khối khác)", first=date(2026, 11, 1), last=date(2026, 11, 9), state="current", href="/1"
        ),
        GanttRow(label="Đăng ký (trường học)", first=date(2026, 9, 1), last=date(2026, 9, 29), state="done", href="/2"),
        GanttRow(
            label="Báo cáo số lượng đăng ký về Đoàn cấp trên",
            first=date(2026, 11, 10),
            last=date(2026, 11, 19),
            href="/3",
        ),
        GanttRow(label="Theo dõi quý I", first=date(2027, 1, 1), last=date(2027, 4, 5)),
        GanttRow(label="Tổng hợp", first=date(2027, 10, 1), last=date(2027, 11, 9)),
    ]
    stages = [
        FunnelStage(label=t, count=n)
        for t, n in (("Chi đoàn", 60), ("Đã đăng ký", 48), ("Được duyệt", 40), ("Công nhận", 0))
    ]
    units = [
        CoverageRow(label=t, part=p, whole=w)
        for t, p, w in (
            ("Đoàn phường Ngô Quyền", 11, 12),
            ("Đoàn phường Lê Chân", 7, 12),
            ("Đoàn Khối doanh nghiệp thành phố", 0, 0),
        )
    ]
    return templates().render(
        "dashboard.html", page(), gantt=year_gantt("Lịch năm 2027", rows, today=date(2026, 11, 6)),
        funnel=funnel("Từ đăng ký đến công nhận", stages), coverage=coverage_bars("Độ phủ", units, target=80),
    )  # fmt: skip


def check() -> str:
    return templates().render("check.html", page(), sections=summarise(SPEC, ANSWERS))


def sign_in() -> str:
    return templates().render("signin.html", page(actor=None, nav=(), notices=()))


def error() -> str:
    return templates().render(
        "errors/409.html",
        page(),
        page_title="Hồ sơ đã thay đổi",
        message="Người khác vừa sửa hồ sơ này.",
        reference="A1B2",
    )


PAGES = {
    "/viec": tasks, "/bieu-mau": form, "/bieu-mau-loi": lambda: form(WRONG), "/bieu-mau-day": lambda: form(SENT),
    "/ho-so": dossier, "/chu-ky": dashboard, "/kiem-tra": check, "/dang-nhap": sign_in, "/loi": error,
}  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    drafts: list[Mapping[str, list[str]]]

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/static/"):
            file = DIST / Path(path).name
            self._answer(200, MIME[file.suffix], file.read_bytes())
        elif path in PAGES:
            self._answer(200, "text/html; charset=utf-8", PAGES[path]().encode())
        else:
            self._answer(404, "text/html; charset=utf-8", error().encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/nhap":
            self.drafts.append(parse_qs(body.decode()))
            self._answer(204, "text/plain", b"")
            return
        data = _fields(body, self.headers["content-type"])
        self._answer(422 if not is_editing(data) else 200, "text/html; charset=utf-8", form(data).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-security-policy", CONTENT_SECURITY_POLICY)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _fields(body: bytes, kind: str) -> dict[str, list[str]]:
    """Text fields of a multipart or plain body."""
    if not kind.startswith("multipart/"):
        return parse_qs(body.decode(), keep_blank_values=True)
    from email import message_from_bytes
    from email.policy import HTTP

    message = message_from_bytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + body, policy=HTTP)
    found: dict[str, list[str]] = {}
    for part in message.iter_parts():  # type: ignore[attr-defined]
        if part.get_filename() is None:
            name = part.get_param("name", header="content-disposition")
            found.setdefault(name, []).append(part.get_payload(decode=True).decode())
    return found


@contextmanager
def served() -> Iterator[tuple[str, list[Mapping[str, list[str]]]]]:
    """Serve the pages on a free port; gives the address and the drafts that arrive."""
    drafts: list[Mapping[str, list[str]]] = []
    handler = type("Handler", (_Handler,), {"drafts": drafts})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", drafts
    finally:
        server.shutdown()
        server.server_close()


def main(folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    from tests.api_forms.browser import launch

    folder.mkdir(parents=True, exist_ok=True)
    with served() as (address, _), sync_playwright() as playwright:
        browser = launch(playwright)
        for scheme in ("light", "dark"):
            for width in (390, 1280):
                tab = browser.new_context(viewport={"width": width, "height": 860}, color_scheme=scheme).new_page()
                for path in PAGES:
                    tab.goto(address + path)
                    tab.screenshot(path=folder / f"{path[1:]}-{width}-{scheme}.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
