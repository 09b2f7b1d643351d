"""The page on plots: its code runs as written, and its pictures are of that code."""

from __future__ import annotations

import re

from matplotlib import pyplot as plt
from support.docs_pages import DOCS, code_blocks

PAGE = DOCS / "reference" / "plot.md"


def test_the_code_of_the_page_draws_its_pictures():
    names: dict[str, object] = {}
    pictures = re.findall(r"\((\.\./pictures/plot_\w+\.png)\)", PAGE.read_text())
    figures = []
    for block in code_blocks(PAGE, "python"):
        exec(block, names)
        if "figure" in block:
            figures.append(plt.gcf())
            assert all(ax.has_data() for ax in figures[-1].axes)
    assert len(figures) == len(pictures)
    for figure, picture in zip(figures, pictures, strict=True):
        drawn = plt.imread(PAGE.parent / picture)
        wide, high = figure.get_size_inches()
        assert drawn.shape[1] / drawn.shape[0] == round(wide * 90) / round(high * 90)
        plt.close(figure)
