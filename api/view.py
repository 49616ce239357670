"""How does a page become an answer? The template with what every page knows: who, when, menu, token, theme."""

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse

from api.actor import Visitor, form_token, house_of
from api.navigation import menu
from api.templating import Notice, Page, Templates


def show(
    request: Request,
    template: str,
    visitor: Visitor | None = None,
    *,
    status: int = 200,
    notices: Sequence[Notice] = (),
    **values: object,
) -> HTMLResponse:
    """Fill a template for this visitor; `values` are the page's own."""
    templates: Templates = request.app.state.templates
    return HTMLResponse(templates.render(template, page_of(request, visitor, notices), **values), status)


def page_of(request: Request, visitor: Visitor | None, notices: Sequence[Notice] = ()) -> Page:
    """What every page knows besides its own values."""
    house = house_of(request)
    return Page(
        now=house.clock(),
        csrf=form_token(request, visitor),
        actor=visitor,
        nav=menu(visitor, request.url.path) if visitor is not None else (),
        notices=notices,
        demo=house.settings.demo,
        theme=request.cookies.get("ck_theme", ""),
    )


def go(path: str) -> RedirectResponse:
    """Send the browser on to a page of ours after a form was taken (303)."""
    return RedirectResponse(local(path), 303)


def local(path: str) -> str:
    """The path when it leads to a page of ours, else the first page: nobody is sent to another site."""
    # Browsers read "\\" as "/" and skip tabs and line breaks inside an address.
    fair = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if fair else "/"
