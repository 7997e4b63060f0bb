"""Drawing surface, measured in points from the top left corner; the only module that knows the PDF
library."""

from io import BytesIO
from pathlib import Path
from typing import Literal

import reportlab  # type: ignore[import-untyped]  # it ships no types
from reportlab.lib.colors import HexColor  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]  # it ships no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # it ships no types

A4 = (595.0, 842.0)
Align = Literal["left", "right", "center"]
Face = Literal["sans", "serif", "mono", "embedded"]

_FONTS = {
    "sans": ("Helvetica", "Helvetica-Bold"),
    "serif": ("Times-Roman", "Times-Bold"),
    "mono": ("Courier", "Courier-Bold"),
    "embedded": ("Vera", "VeraBd"),
}


class Paper:
    """A PDF document while it is drawn; equal drawings give equal bytes."""

    def __init__(self, title: str, *, face: Face = "sans", size: tuple[float, float] = A4) -> None:
        self.width, self.height = size
        self._face: Face = face
        if face == "embedded":
            _register_embedded()
        self._out = BytesIO()
        self._canvas = Canvas(self._out, pagesize=size, invariant=1, pageCompression=1)
        self._canvas.setTitle(title)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 10,
        bold: bool = False,
        align: Align = "left",
        ink: str = "#222222",
    ) -> None:
        """Write one line with its baseline at `y`; `x` is its left end, right end or middle as
        `align` says."""
        canvas = self._canvas
        canvas.setFont(_FONTS[self._face][bold], size)
        canvas.setFillColor(HexColor(ink))
        draw = {"left": canvas.drawString, "right": canvas.drawRightString, "center": canvas.drawCentredString}[align]
        draw(x, self.height - y, text)

    def rule(self, x: float, y: float, to: float, *, thickness: float = 0.6, ink: str = "#222222") -> None:
        """Draw a horizontal line from `x` to `to`."""
        self._canvas.setStrokeColor(HexColor(ink))
        self._canvas.setLineWidth(thickness)
        self._canvas.line(x, self.height - y, to, self.height - y)

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: str | None = None, edge: str | None = None
    ) -> None:
        """Draw a rectangle whose top left corner is at (x, y)."""
        if fill:
            self._canvas.setFillColor(HexColor(fill))
        if edge:
            self._canvas.setStrokeColor(HexColor(edge))
            self._canvas.setLineWidth(0.6)
        self._canvas.rect(x, self.height - y - height, width, height, stroke=int(bool(edge)), fill=int(bool(fill)))

    def disc(self, x: float, y: float, radius: float, *, fill: str) -> None:
        """Draw a filled circle, such as a logo."""
        self._canvas.setFillColor(HexColor(fill))
        self._canvas.circle(x, self.height - y, radius, stroke=0, fill=1)

    def next_page(self) -> None:
        """End this page and start another."""
        self._canvas.showPage()

    def finish(self) -> bytes:
        """Return the document; nothing can be drawn afterwards."""
        self._canvas.showPage()
        self._canvas.save()
        return self._out.getvalue()


def _register_embedded() -> None:
    fonts = Path(reportlab.__file__).parent / "fonts"
    for name in _FONTS["embedded"]:
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, fonts / f"{name}.ttf"))
