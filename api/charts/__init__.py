"""How do numbers become pictures without a script? SVG made here: classes only, with title, description and a table.

`year_gantt`, `funnel`, `coverage_bars` and `path_chart` give markup for templates.
"""

from api.charts.bars import CoverageRow, FunnelStage, coverage_bars, funnel
from api.charts.gantt import GanttRow, year_gantt
from api.charts.path import PathPoint, path_chart

__all__ = ["CoverageRow", "FunnelStage", "GanttRow", "PathPoint", "coverage_bars", "funnel", "path_chart", "year_gantt"]
