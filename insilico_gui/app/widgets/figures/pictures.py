"""Pictures of plots, dark on white: PNG at twice the screen's size, SVG and PDF.

All are painted by the same code, so they have the same layout as the plot on the screen.
SVG and PDF hold lines and text, and pixels only where the plot shows an image.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from qtpy.QtCore import QMarginsF, QRectF, QSize, QSizeF
from qtpy.QtGui import QColor, QImage, QPageSize, QPainter, QPdfWriter
from qtpy.QtSvg import QSvgGenerator

from insilico_gui.app.widgets.theme import ON_PAPER, Themed
from insilico_gui.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pyqtgraph as pg
    from qtpy.QtGui import QPaintDevice
    from qtpy.QtWidgets import QWidget

    from insilico_gui.app.widgets.theme import PlotColors

PNG_SCALE = 2
"""Pixels of a saved picture for one of the screen."""

DPI = 96
"""Of vector pictures: a unit of the drawing is a pixel of the screen, 0.75 points."""

CREATOR = "insilico_gui"


def png_image(view: pg.GraphicsView, about: str = "") -> QImage:
    """Picture of a view, twice as many pixels as on the screen."""
    size = view.size() * PNG_SCALE
    image = QImage(size, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(PNG_SCALE)
    _paint(view, image)
    # Not before: axes are drawn larger on a device of more dots per inch
    per_metre = round(PNG_SCALE * DPI / 0.0254)
    image.setDotsPerMeterX(per_metre)
    image.setDotsPerMeterY(per_metre)
    image.setText("Software", CREATOR)
    image.setText("Description", about)
    return image


def _save_png(view: pg.GraphicsView, path: Path, about: str) -> None:
    if not png_image(view, about).save(str(path)):
        raise _not_written(path)


def _save_svg(view: pg.GraphicsView, path: Path, about: str) -> None:
    # Only the full profile knows clipping: curves must end at the axes
    device = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    device.setFileName(str(path))
    device.setSize(QSize(view.size()))
    device.setViewBox(QRectF(0, 0, view.width(), view.height()))
    device.setResolution(DPI)
    device.setTitle(CREATOR)
    device.setDescription(about)
    _paint(view, device)


def _save_pdf(view: pg.GraphicsView, path: Path, about: str) -> None:
    device = QPdfWriter(str(path))
    points = QSizeF(view.width(), view.height()) * (72 / DPI)
    exact = QPageSize.SizeMatchPolicy.ExactMatch
    device.setPageSize(QPageSize(points, QPageSize.Unit.Point, "plot", exact))
    device.setPageMargins(QMarginsF(0, 0, 0, 0))
    device.setResolution(DPI)
    device.setTitle(about)
    device.setCreator(CREATOR)
    _paint(view, device)


PICTURES: dict[str, Callable[[pg.GraphicsView, Path, str], None]] = {
    ".png": _save_png,
    ".svg": _save_svg,
    ".pdf": _save_pdf,
}
"""How a picture is written, by the suffix of its file."""


def _paint(view: pg.GraphicsView, device: QPaintDevice) -> None:
    """Paint a view on a device whose units are pixels of the screen."""
    painter = QPainter()
    if not painter.begin(device):
        raise ExportError(
            "The picture cannot be painted; choose another format or folder."
        )
    try:
        with on_paper(view), _exporting(view, painter):
            target = QRectF(0, 0, view.width(), view.height())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(target, QColor(*ON_PAPER.background))
            source = view.mapToScene(view.rect()).boundingRect()
            view.scene().render(painter, target, QRectF(source))
    finally:
        painter.end()


@contextmanager
def on_paper(view: pg.GraphicsView) -> Iterator[None]:
    """Draw a view, and what a panel draws in it, dark on white meanwhile."""
    themed = [w for w in _upwards(view) if isinstance(w, Themed)]
    before = [w.plot_colors for w in themed]
    view.setUpdatesEnabled(False)
    try:
        _color(view, themed, [ON_PAPER] * len(themed))
        yield
    finally:
        _color(view, themed, before)
        view.setUpdatesEnabled(True)


def _color(
    view: pg.GraphicsView, themed: Sequence[Themed], colors: Sequence[PlotColors]
) -> None:
    """Draw in other colours; the part that the user has zoomed to stays."""
    box = getattr(getattr(view, "plotItem", None), "vb", None)
    state = None if box is None else (box.viewRange(), list(box.state["autoRange"]))
    for widget, own in zip(themed, colors, strict=True):
        widget.use_plot_colors(own)
    if box is not None and state is not None:
        (x, y), auto = state
        box.setRange(xRange=x, yRange=y, padding=0)
        box.enableAutoRange(x=auto[0], y=auto[1])


def _upwards(widget: QWidget | None) -> Iterator[QWidget]:
    """A widget, what holds it, and so on."""
    while widget is not None:
        yield widget
        widget = widget.parentWidget()


@contextmanager
def _exporting(view: pg.GraphicsView, painter: QPainter) -> Iterator[None]:
    """Have pyqtgraph's items paint for a file: symbols as shapes, and smooth."""
    items = [i for i in view.scene().items() if hasattr(i, "setExportMode")]
    options = {"antialias": True, "painter": painter, "resolutionScale": 1.0}
    for item in items:
        item.setExportMode(True, options)
    try:
        yield
    finally:
        for item in items:
            item.setExportMode(False)


def _not_written(path: Path) -> ExportError:
    return ExportError(f"{path.name} could not be written; choose another folder.")
