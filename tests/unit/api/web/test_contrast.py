"""The colours of tokens.css against WCAG 2.2: 4.5:1 for text (1.4.3), 3:1 for what must be seen (1.4.11)."""

import re
from pathlib import Path

import pytest

from services.api.web import rendering

TOKENS = (Path(rendering.__file__).parent / "static" / "tokens.css").read_text(encoding="ascii")
COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", TOKENS)
}
COLOURS |= {name: (colour, colour) for name, colour in re.findall(r"--([\w-]+): (#[0-9a-f]{6});", TOKENS)}
GROUNDS = ("surface", "canvas", "sunken")
TEXT, SEEN = 4.5, 3.0
PAIRS = [
    *((name, ground, TEXT) for name in ("ink", "ink-2", "ink-3", "accent-ink") for ground in (*GROUNDS, "raised")),
    *((name, ground, SEEN) for name in ("edge", "bar", "idle") for ground in GROUNDS),
    *((name, "surface", SEEN) for name in ("done", "fail", "warn", "danger")),
    *((f"{name}-ink", f"{name}-soft", TEXT) for name in ("accent", "done", "fail", "warn")),
    *((f"{name}-ink", ground, TEXT) for name in ("done", "fail", "warn") for ground in ("surface", "canvas")),
    *(("on-accent", ground, TEXT) for ground in ("accent", "accent-hover", "danger", "danger-hover")),
    *((name, "mark-row", TEXT) for name in ("ink", "ink-2", "ink-3", "accent-ink")),
    ("mark-stroke", "paper", TEXT),
    ("fail-ink", "raised", TEXT),
]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_colours_can_be_told_apart(front: str, ground: str, least: float, theme: int) -> None:
    ratio = contrast(COLOURS[front][theme], COLOURS[ground][theme])
    assert ratio >= least, f"{front} on {ground}: {ratio:.2f}"


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_past_months_can_be_seen_beside_the_current_one(theme: int) -> None:
    share = (
        int(re.findall(r"--chart-past: color-mix\(in srgb, var\(--bar\) (\d+)%, var\(--surface\)\)", TOKENS)[0]) / 100
    )
    bar, surface = COLOURS["bar"][theme], COLOURS["surface"][theme]
    mixed = "#" + "".join(
        f"{round(share * int(bar[n : n + 2], 16) + (1 - share) * int(surface[n : n + 2], 16)):02x}" for n in (1, 3, 5)
    )
    assert contrast(mixed, surface) >= SEEN


def test_the_measure_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
