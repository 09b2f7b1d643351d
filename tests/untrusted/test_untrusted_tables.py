"""Tables as spreadsheets of any country write them; what is no table is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hostile.claims import CSV
from pyarrow import parquet

from insilico_gui.errors import ExportError
from insilico_gui.untrusted.tables import read_csv, read_parquet

TRIALS = pd.DataFrame({"onset": [0.0, 1.5], "duration": [0.5, 1.0], "name": ["a", "b"]})
PLAIN = TRIALS.to_csv(index=False)


def read(path):
    return read_csv(path, path.name, ExportError, "save it again")


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", ";").replace(".", ",").encode(),
        PLAIN.replace(",", "\t").replace(".", ",").encode("utf-16"),
        f"{PLAIN}\n\n".encode(),
    ],
)
def test_the_same_table_however_it_is_written(content, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    pd.testing.assert_frame_equal(read(path), TRIALS)


def test_text_with_separators_and_line_breaks_stays(tmp_path):
    table = TRIALS.assign(name=['a;"b"\n1', "x,y\t"])
    table.to_csv(tmp_path / "t.csv", index=False)
    pd.testing.assert_frame_equal(read(tmp_path / "t.csv"), table)
    # Text that looks like a number with a comma among other text is text
    (tmp_path / "u.csv").write_text("onset;name\n0,5;1,5\n1,5;b\n")
    assert read(tmp_path / "u.csv")["name"].tolist() == ["1,5", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"onset,duration\n0,5,1\n", "line 2 has 3 cells .* decimal commas"),
        (b"onset,duration\n0,5\n1\n", "line 3 has 1 cells"),
        (b"onset,onset\n0,1\n", "'onset' is there twice"),
        (b"onset,name\n0,\xe4\n", "line 2 is not text in UTF-8"),
        (b"onset,name\n0,\0\n", "no text"),
        (b"", "empty"),
        (b" \n \n", "empty"),
        (CSV[0], "INSILICO_MAX_TABLE_COLUMNS"),
        (b"a,b\n" + b"1,2\n" * 6_000_000, "INSILICO_MAX_TABLE_CELLS"),
        (b"x" * 20_000_000, "INSILICO_MAX_LINE_BYTES"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(content, message, tmp_path):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(ExportError, match=message) as caught:
        read(tmp_path / "t.csv")
    assert len(str(caught.value)) < 400


def test_parquet(tmp_path):
    path = tmp_path / "t.parquet"

    def read_it():
        return read_parquet(path, path.name, ExportError, "save it again")

    TRIALS.set_index("onset", drop=False).to_parquet(path)
    pd.testing.assert_frame_equal(read_it(), TRIALS, check_dtype=False)
    parquet.write_table(pa.table({"a": [[1], [2]]}), str(path))
    with pytest.raises(ExportError, match="'a' is nested"):
        read_it()
    # A megabyte of text, 10,000 times: 10 GB if it were written out
    text = pa.DictionaryArray.from_arrays(np.zeros(10_000, np.int32), ["x" * 2**20])
    parquet.write_table(pa.table({"a": text}), str(path))
    assert path.stat().st_size < 2**22
    assert len(read_it()) == 10_000
    wide = pa.table({f"c{i}": [0] for i in range(20_001)})
    parquet.write_table(wide, str(path))
    with pytest.raises(ExportError, match="INSILICO_MAX_TABLE_COLUMNS"):
        read_it()
