"""Every input file is opened by the door, and every limit stands in one table."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import insilico_gui
from insilico_gui.untrusted.limits import LIMITS, variable

HOST = Path(insilico_gui.__file__).parent
ROOT = HOST.parent

#: What opens a file by its name, or parses what was opened, as the end of a call.
OPENERS = re.compile(
    r"(^|\.)(open|fdopen|read_text|read_bytes|load|fromfile|memmap|open_memmap|loadtxt"
    r"|genfromtxt|read_csv|open_csv|read_parquet|read_table|read_feather|read_hdf"
    r"|read_json|ParquetFile|ParquetDataset|ZipFile|is_zipfile|TarFile|TiffFile|imread"
    r"|open_zarr|open_group|open_array|open_dataset|load_dataset|read_geometry|loadmat"
    r"|safe_load|mmap|GzipFile|File)$"
)
#: Of these, calls of other things: objects of this project, and what reads text.
OTHERS = re.compile(
    r"^(self|super\(\)|twin|ig)\.|stimulus_panel\.open$|^window\.files\.open$|^dialog\.open$"
    r"|^(point|machine|family|foreign)\.load$"
    r"|^archive\.open$|^Experiment\.open$|^file\.load$|^(read_json|read_text|read_csv|read_parquet|read_table)$"
)
#: Calls that make what they are given go through the door.
DOOR = {"open_input", "check_input", "check_folder"}
#: Files that may open others: the door, what writes, and what reads its own output.
EXCEPTIONS = {
    "insilico_gui/untrusted/door.py": "is the door",
    "insilico_gui/untrusted/archives.py": "reads the archive that was just downloaded",
    "insilico_gui/untrusted/pickled_arrays.py": "reads from a file that is open",
    "insilico_gui/stimuli/core/cache.py": "a temporary file of its own",
    "insilico_gui/encoding/store.py": "a temporary file of its own",
    "insilico_gui/encoding/shelf.py": "a temporary file of its own",
    "insilico_gui/export/zarr_folder.py": "writes; its reading is checked below",
    "insilico_gui/stimuli/render/video_file.py": "writes",
    "insilico_gui/untrusted/locking.py": "its own locks",
    "insilico_gui/untrusted/transfers.py": "opens addresses, not files",
    # What writes looks at what it wrote, in a folder that it holds locked
    "insilico_gui/files/claims.py": "its own claims",
    "insilico_gui/files/journal.py": "its own journals",
    "insilico_gui/files/locks.py": "its own locks",
    "insilico_gui/files/marks.py": "its own marks",
    # Readers of pictures and video check what they open by rules of their own
    "insilico_gui/stimuli/readers/arrays.py": "maps the array; checked when it is opened",
    "insilico_gui/stimuli/readers/image_file.py": "pictures",
    "insilico_gui/stimuli/readers/opening.py": "looks at the first bytes",
    "insilico_gui/stimuli/readers/tiff/file.py": "pictures",
    "insilico_gui/stimuli/readers/video/container.py": "video",
}


def calls_past_the_door(path: Path) -> list[str]:
    """Calls that open files, in functions that do not use the door."""
    tree = ast.parse(path.read_text())
    found = []
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        calls = [n for n in ast.walk(function) if isinstance(n, ast.Call)]
        names = {ast.unparse(call.func) for call in calls}
        if names & DOOR:
            continue
        for call in calls:
            name = ast.unparse(call.func)
            is_other = OTHERS.search(name) or _writes(call) or _is_open(call)
            if OPENERS.search(name) and not is_other:
                found.append(f"{path.relative_to(ROOT)}:{call.lineno} {name}")
    return found


def _is_open(call: ast.Call) -> bool:
    """Whether what is read is an open file, not the name of one."""
    first = call.args[0] if call.args else None
    return isinstance(first, ast.Name) and first.id in ("file", "raw")


def _writes(call: ast.Call) -> bool:
    """Whether one of the arguments is a mode of writing."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    modes = [v.value for v in values if isinstance(v, ast.Constant)]
    return any(isinstance(m, str) and re.fullmatch(r"[wxa]b?\+?", m) for m in modes)


def test_no_file_is_opened_past_the_door():
    past = []
    for path in sorted([*HOST.rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]):
        if str(path.relative_to(ROOT)) not in EXCEPTIONS:
            past += calls_past_the_door(path)
    assert not past, "\n".join(past)


def test_the_exceptions_are_there():
    for name in EXCEPTIONS:
        assert (ROOT / name).is_file(), f"{name} is no exception any more"


def test_calls_past_the_door_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr("test_one_door.ROOT", tmp_path)
    past = tmp_path / "a.py"
    past.write_text(
        "def f(path):\n    with path.open('rb') as file:\n        return 1\n"
    )
    assert calls_past_the_door(past) == ["a.py:2 path.open"]
    past.write_text("def f(path):\n    return np.load(path)\n")
    assert calls_past_the_door(past) == ["a.py:2 np.load"]
    past.write_text(
        "def f(path):\n    with path.open('wb') as file:\n        return 1\n"
    )
    assert calls_past_the_door(past) == []
    past.write_text(
        "def f(path):\n    with open_input(path) as file:\n        return np.load(file)\n"
    )
    assert calls_past_the_door(past) == []


def test_every_limit_is_documented():
    text = (ROOT / "docs" / "reference" / "limits.md").read_text()
    rows = {
        row[0]: row[1:]
        for line in text.splitlines()
        if line.startswith("| `INSILICO_MAX")
        for row in [[cell.strip() for cell in line.strip("|").split("|")]]
    }
    assert set(rows) == {f"`{variable(name)}`" for name in LIMITS}
    for name, limit in LIMITS.items():
        assert limit.of, name
        of, value = rows[f"`{variable(name)}`"]
        assert of == limit.of
        assert value == f"{limit.value:,} {limit.unit}"
