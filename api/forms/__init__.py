"""How does a pack's form become a page, and a submitted page become answers?

A form is JSON Schema 2020-12 with `x-ui` (see README.md): `parse_form`, then `render_context` for the macros, `read`
and `validate` for what comes back, `summarise` to show answers.
"""

from api.forms.checking import accept, validate
from api.forms.parsing import check_form, check_forms, parse_form
from api.forms.pasting import rows_from_cells
from api.forms.reading import is_editing, prefilled, read
from api.forms.spec import Answers, Field, FormSpec, Widget
from api.forms.summary import SummarySection, summarise
from api.forms.views import FormView, render_context

__all__ = [
    "Answers",
    "Field",
    "FormSpec",
    "FormView",
    "SummarySection",
    "Widget",
    "accept",
    "check_form",
    "check_forms",
    "is_editing",
    "parse_form",
    "prefilled",
    "read",
    "render_context",
    "rows_from_cells",
    "summarise",
    "validate",
]
