"""How do numbers become pictures without a script? SVG made here: classes only, with title, description and a table.

`year_gantt`, `funnel` and `coverage_bars` give markup for templates.
"""

from api.charts.bars import CoverageRow, FunnelStage, coverage_bars, funnel
from api.charts.gantt import GanttRow, year_gantt

__all__ = ["CoverageRow", "FunnelStage", "GanttRow", "coverage_bars", "funnel", "year_gantt"]
