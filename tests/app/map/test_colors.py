from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from insilico_gui.app.widgets import colors


@pytest.mark.parametrize("areas", [["V1", "", "PPA", ""], ["", "", "", ""]])
def test_units_without_a_name_are_no_category_of_their_own(areas):
    values, names = colors.column_values(pd.Series(areas, name="area"))
    assert names == sorted({area for area in areas if area})
    table = colors.categorical_table(len(names))
    drawn = colors.map_values(values, table, (-0.5, len(names) - 0.5))
    for color, area in zip(drawn, areas, strict=True):
        assert np.array_equal(color, np.float32(colors.UNKNOWN)) == (area == "")
