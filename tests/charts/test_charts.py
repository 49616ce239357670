"""Do the charts draw what the numbers say, and say it in words and in a table as well?"""

from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup, Tag

from api.charts import (
    CoverageRow,
    FunnelStage,
    GanttRow,
    PathPoint,
    coverage_bars,
    funnel,
    path_chart,
    year_gantt,
)

ROWS = [
    GanttRow(
        label="Đăng ký", first=date(2026, 11, 1), last=date(2026, 11, 9), state="current", href="/viec?buoc=1&loc=2"
    ),
    GanttRow(label="Công nhận", first=date(2027, 11, 10), last=date(2027, 11, 29)),
]


def parts(markup: object, width: str = "c-wide") -> Tag:
    return BeautifulSoup(str(markup), "html.parser").find("svg", class_=width)


def bars(svg: Tag, *classes: str) -> list[float]:
    return [float(bar["width"]) for bar in svg.find_all("rect", class_=list(classes))]


def test_bars_are_as_long_as_their_share() -> None:
    svg = parts(funnel("Phễu", [FunnelStage(label=t, count=n) for t, n in (("A", 60), ("B", 30), ("C", 0))]))
    assert (bars(svg, "c-track"), bars(svg, "c-info")) == ([390, 390, 390], [390, 195])
    assert [text.get_text() for text in svg.find_all("text")] == ["A", "60 (100%)", "B", "30 (50%)", "C", "0 (0%)"]


def test_coverage_is_green_from_the_target_on() -> None:
    rows = [CoverageRow(label=t, part=p, whole=w) for t, p, w in (("A", 8, 10), ("B", 79, 100), ("C", 0, 0))]
    svg = parts(coverage_bars("Độ phủ", rows, target=80))
    assert (bars(svg, "c-good"), bars(svg, "c-warn")) == ([312], [308.1])
    assert {(line["x1"], line["x2"]) for line in svg.find_all("line", class_="c-target")} == {("532", "532")}
    assert "Mục tiêu: 80%" in svg.find("desc").get_text()


def test_the_year_shows_today_between_its_months() -> None:
    svg = parts(year_gantt("Lịch", ROWS, today=date(2026, 11, 16)))
    assert [text.get_text() for text in svg.find_all("text")][:5] == ["11/2026", "T12", "1/2027", "T3", "T6"]
    (line,) = svg.find_all("line", class_="c-now")
    months = [float(tick["x1"]) for tick in svg.find_all("line", class_="c-grid")]
    assert months[0] < float(line["x1"]) < months[1]
    assert parts(year_gantt("Lịch", ROWS, today=date(2028, 1, 1))).find("line", class_="c-now") is None


@pytest.mark.parametrize("count", [0, 1, 40])
def test_every_picture_is_sound_and_keeps_inside_its_frame(count: int) -> None:
    start = date(2026, 9, 1)
    rows = [
        GanttRow(
            label=f"Bước <{n}> & rất dài để xem có bị cắt hay không",
            first=start + timedelta(n),
            last=start + timedelta(n * 9),
            state="late",
        )
        for n in range(count)
    ]
    pictures = [
        year_gantt("Lịch", rows, today=start),
        funnel("Phễu", [FunnelStage(label=f"Giai đoạn {n}", count=n) for n in range(count)]),
        coverage_bars(
            "Độ phủ", [CoverageRow(label=f"Đơn vị {n}", part=n, whole=count) for n in range(count)], target=80
        ),
    ]
    for picture in pictures:
        for svg in BeautifulSoup(str(picture), "html.parser").find_all("svg"):
            root = ET.fromstring(str(svg).replace("viewbox", "viewBox"))
            _, _, width, height = (float(number) for number in root.attrib["viewBox"].split())
            spans = [
                (float(r.attrib["x"]) + float(r.attrib["width"]), float(r.attrib["y"]) + float(r.attrib["height"]))
                for r in root.iter("rect")
            ]
            assert all(x <= width + 4.1 and y <= height for x, y in spans)
            assert [root[0].tag, root[1].tag, root.attrib["role"]] == ["title", "desc", "img"]


def test_the_table_holds_the_same_numbers_and_leads_to_the_rows() -> None:
    soup = BeautifulSoup(str(year_gantt("Lịch", ROWS, today=date(2026, 11, 2))), "html.parser")
    assert [[cell.get_text() for cell in row.find_all("td")] for row in soup.select("tbody tr")] == [
        ["Đăng ký", "01/11/2026", "09/11/2026", "Đang làm"],
        ["Công nhận", "10/11/2027", "29/11/2027", "Chưa đến"],
    ]
    assert [link["href"] for link in soup.select("tbody a")] == ["/viec?buoc=1&loc=2"]


def test_ids_of_two_charts_differ_and_labels_are_escaped() -> None:
    html = str(funnel("A", [FunnelStage(label="<b>x</b>", count=1)])) + str(funnel("B", []))
    soup = BeautifulSoup(html, "html.parser")
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert (len(ids), len(set(ids)), soup.find("b")) == (8, 8, None)


def point(label: str, target: str | None, reached: str | None, tone: str = "info") -> PathPoint:
    def exact(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    return PathPoint(
        label=label, target=exact(target), target_text=target or "", reached=exact(reached), reached_text=reached or "",
        said="", tone=tone,
    )  # fmt: skip


def test_the_path_draws_targets_and_what_was_reached_on_round_heights_below_a_whole() -> None:
    svg = parts(path_chart("Lộ trình", [point("2025", "95.5", "95.1", "late"), point("2030", "99", None)], sign="%"))
    heights = [text.get_text() for text in svg.find_all("text", class_="c-end")]
    assert heights == ["92%", "94%", "96%", "98%", "100%"]
    (dot,) = svg.find_all("circle", class_="c-late")
    tops = [float(line["y1"]) for line in svg.find_all("line", class_="c-grid")]
    assert tops[2] < float(dot["cy"]) < tops[1]
    (path,) = svg.find_all("polyline", class_="c-path")
    assert len(str(path["points"]).split()) == 2


@pytest.mark.parametrize(
    "points", [[], [point("2026", None, None)], [point("2026", "9", "9")], [point("2026", "1e12", "-5")]]
)
def test_odd_paths_keep_inside_their_frame(points: list[PathPoint]) -> None:
    for width in ("c-wide", "c-narrow"):
        svg = parts(path_chart("Lộ trình", points), width)
        height = float(str(svg["viewbox"]).split()[3])
        assert all(0 <= float(line["y1"]) <= height for line in svg.find_all("line"))
        assert all(0 <= float(dot["cy"]) <= height for dot in svg.find_all("circle"))
