"""What people of the city write into the forms of the shipped pack, found by the forms' own questions."""

from bs4 import BeautifulSoup, Tag

from tests.pages.town import Browser, Seen, form_values

Values = dict[str, list[str]]


def filled(seen: Seen, action: str) -> Values:
    """The form with this action, every open question answered somehow: a first choice, a word, a number."""
    form = seen.soup.find("form", action=action)
    assert isinstance(form, Tag)
    values = form_values(form)
    for field in form.find_all(["input", "textarea", "select"]):
        name = str(field.get("name", ""))
        if name.startswith("f.") and not any(values.get(name, [])):
            _answer(field, name, values)
    return {name: value for name, value in values.items() if value != [""]}


def sent(browser: Browser, item: str, answers: Values) -> Seen:
    """Send a task's form, look at it again where it asks for that, and send it for good."""
    seen = browser.post(item, answers)
    assert seen.status == 303, errors_of(seen.soup)
    if seen.status == 303 and seen.url.endswith("/kiem-tra"):
        looked = browser.get(seen.url)
        return browser.post(f"{item}/kiem-tra", looked.form(f"{item}/kiem-tra"))
    return seen


def first_task(browser: Browser) -> str:
    """The address of the most urgent task."""
    links = browser.get("/viec").soup.select("a.ck-row__title")
    assert links, "no task waits"
    return str(links[0]["href"])


def errors_of(soup: BeautifulSoup) -> list[str]:
    """The lines of the error summary."""
    return [line.get_text(" ", strip=True) for line in soup.select(".govuk-error-summary li")]


def _answer(field: Tag, name: str, values: Values) -> None:
    kind = str(field.get("type", ""))
    if kind == "file" or name.endswith(("._paste", "._file", "._key")):
        return
    if field.name == "select":
        option = next(o for o in field.find_all("option") if o.get("value"))
        values[name] = [str(option["value"])]
    elif kind in ("radio", "checkbox"):
        values[name] = [str(field.get("value", "on"))]
    elif name.endswith("birth_year"):
        values[name] = ["2004"]
    elif field.get("inputmode") == "tel":
        values[name] = ["0912345678"]
    elif field.get("inputmode") in ("numeric", "decimal"):
        values[name] = ["10"]
    else:
        values[name] = [f"Nội dung {sum(v != [''] for v in values.values())} của đơn vị"]
