"""Tables as spreadsheets write them: read, or refused with the whole cause."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from insilico_gui.analysis.trials.windows import check_trials
from insilico_gui.errors import AnalysisError, ExportError
from insilico_gui.untrusted.tables import read_csv

TEXT = "onset;duration;direction\n0,5;1,0;90\n2,5;1,0;180\n"


def table(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    return read_csv(tmp_path / "a.csv", "a.csv", ExportError, "check it")


@pytest.mark.parametrize("first", ["sep=;\r\n", "SEP=;\n", '"sep=;"\n'])
def test_the_line_that_tells_excel_the_separator(tmp_path, first):
    read = table(tmp_path, (first + TEXT).encode())
    np.testing.assert_array_equal(read["onset"], [0.5, 2.5])
    assert list(read) == ["onset", "duration", "direction"]


def test_decimal_commas_between_commas_are_named_in_full(tmp_path):
    with pytest.raises(ExportError) as raised:
        table(tmp_path, TEXT.replace(";", ",").encode())
    assert "line 2 has 5 cells where the header has 3" in str(raised.value)
    assert "put semicolons between the cells if its numbers have decimal commas" in str(
        raised.value
    )


def test_text_in_four_bytes_a_letter_is_no_table(tmp_path):
    with pytest.raises(ExportError, match="bytes that are no text"):
        table(tmp_path, TEXT.encode("utf-32"))


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        (["0,5", "2,5"], "'0,5'"),
        ([0.5, "2 s"], "'2 s'"),
        ([0.5, np.nan], "nan"),
        ([0.5, np.inf], "inf"),
        (pd.to_timedelta([1, 2], unit="s"), "nanoseconds|1000000000|second"),
        ([True, False], "True"),
    ],
)
def test_what_is_no_number_of_seconds_is_shown(column, shown):
    trials = pd.DataFrame({"onset": column, "duration": [1.0, 1.0]})
    with pytest.raises(AnalysisError, match=f"finite numbers of seconds: .*({shown})"):
        check_trials(trials)


def test_columns_that_are_there_are_named():
    trials = pd.DataFrame({"onset|duration": ["0|1"]})
    with pytest.raises(AnalysisError, match=r"its columns are: onset\|duration"):
        check_trials(trials)
