"""Can everybody read it? Contrast of the colours that axe cannot judge, from the tokens themselves, light and dark."""

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parents[2] / "api/frontend/scss/_tokens.scss").read_text("utf-8")


def colours(scheme: str) -> dict[str, str]:
    block = re.search(rf"@mixin {scheme} {{(.*?)\n}}", TOKENS, re.S)
    assert block
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block[1]))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_of_charts_and_edges_stand_out(scheme: str) -> None:
    c = colours(scheme)
    pairs = [(f"ck-bar-{letter}", ground) for letter in "abcde" for ground in ("ck-card", "ck-page")]
    pairs += [("govuk-input-border-colour", "ck-field"), ("govuk-error-colour", "ck-card")]
    assert {
        pair: round(contrast(c[pair[0]], c[pair[1]]), 2) for pair in pairs if contrast(c[pair[0]], c[pair[1]]) < 3
    } == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_its_ground(scheme: str) -> None:
    c = colours(scheme) | {"white": "#ffffff"}
    grounds = ("ck-card", "ck-page", "ck-shade")
    texts = ("govuk-text-colour", "govuk-secondary-text-colour", "govuk-link-colour")
    pairs = [(text, ground) for text in texts for ground in grounds]
    pairs += [(f"ck-{tone}-text", f"ck-{tone}") for tone in ("info", "good", "warn", "late", "quiet")]
    pairs += [
        ("white", ground) for ground in ("ck-header", "ck-button", "ck-button-hover", "ck-danger", "ck-danger-hover")
    ]
    pairs += [("govuk-error-colour", ground) for ground in ("ck-card", "ck-page")]
    pairs += [
        ("govuk-text-colour", "ck-plain"),
        ("govuk-text-colour", "ck-plain-hover"),
        ("govuk-focus-text-colour", "govuk-focus-colour"),
    ]
    assert {
        pair: round(contrast(c[pair[0]], c[pair[1]]), 2) for pair in pairs if contrast(c[pair[0]], c[pair[1]]) < 4.5
    } == {}
