"""Arrows point one way; the host knows no twin; importing is light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import insilico_gui

HOST = Path(insilico_gui.__file__).parent
PLUGINS = HOST.parent / "plugins"
QT = {"qtpy", "PySide6", "PyQt5", "PyQt6", "napari", "vispy", "pyqtgraph", "superqt"}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> frozenset[str]:
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module}
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def test_importing_and_listing_take_nothing_heavy(tmp_path):
    heavy = [*QT, "torch", "tqdm", "h5py", "scipy", "skimage"]
    code = f"""
import sys, insilico_gui as ig
assert "demo" in ig.list_sessions()
ig.list_sessions({str(tmp_path)!r})
print(*[name for name in {heavy!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


def test_qt_is_imported_in_the_app_only():
    for path in modules(HOST) + modules(PLUGINS):
        if HOST / "app" not in path.parents:
            roots = {name.split(".")[0] for name in imports(path)}
            assert not roots & QT, path


def test_nothing_imports_the_app_but_the_command_line():
    opens_it = HOST / "cli" / "window_command.py"
    for path in modules(HOST) + modules(PLUGINS):
        if HOST / "app" not in path.parents and path != opens_it:
            assert not any(n.startswith("insilico_gui.app") for n in imports(path)), (
                path
            )


def test_the_host_names_no_twin():
    # "demo" is both a twin and an ordinary word; what is forbidden is knowing it.
    names = {point.name for point in entry_points(group="insilico_gui.twins")} - {
        "demo"
    }
    names |= {
        "insilico_demo",
        "fnn",
        "fwrf",
        "nnpoisson",
        "drosophila",
        "motion_energy",
    }
    pattern = re.compile("|".join(sorted(names)), re.IGNORECASE)
    for path in modules(HOST):
        assert not pattern.search(path.read_text()), path


#: What each room may import, besides itself, what is in it, and LEAVES. A room inside
#: another has a row of its own, so a row of the outer one does not open the inner one.
LEAVES = {
    "errors",
    "files",
    "device",
    "progress",
    "untrusted",
    "log_file",
    "notebook",
    "parameters",
    "settings",
}
CONTRACT = {"session", "conditions", "drive", "drive_checks", "responses", "streaming"}
CONTRACT |= {"twin"}
STIMULI = {"stimuli", "stimuli.core", "stimuli.readers", "stimuli.spec"}
ANALYSIS = {
    "analysis",
    "analysis.agreement",
    "analysis.cortex",
    "analysis.fields",
    "analysis.fits",
    "analysis.population",
    "analysis.timing",
    "analysis.probes",
    "analysis.trials",
    "analysis.tuning",
    "analysis.variability",
}
BELOW = {
    *CONTRACT,
    *STIMULI,
    *ANALYSIS,
    "drawing",
    "encoding",
    "experiment",
    "export",
    "fitting",
    "fitting.judging",
    "fitting.recordings",
    "opening",
    "stimuli.families",
    "stimuli.render",
    "units",
}
ROOMS = {
    "": {*CONTRACT, "analysis", "encoding", "experiment", "export", "opening"}
    | {"fitting", "films", "plot", "stimuli", "units", "cli"},
    "errors": set(),
    "device": set(),
    "progress": set(),
    "log_file": set(),
    "parameters": set(),
    "settings": set(),
    "notebook": set(),
    "arrays": set(),
    "files": set(),
    "untrusted": set(),
    "__main__": {"cli"},
    "units.frame": set(),
    "units.column_table": set(),
    "units.columns": {"units.column_table", "units.frame"},
    "units.identity": {"units.frame"},
    "session": {"units.frame"},
    "conditions": {"session", "stimuli.core"},
    "drive": {"session", "stimuli.core"},
    "drive_checks": {"drive", "session", "stimuli.core"},
    "streaming": {"session"},
    "twin": {"session"},
    "opening": {"drawing", "session", "streaming", "twin", "units.identity"},
    "drawing": {"session", "analysis.cortex", "analysis.tuning", "stimuli.core"}
    | {"units.columns"},
    "plot": {*CONTRACT, *STIMULI, *ANALYSIS, "drawing", "experiment", "units"}
    | {"units.columns", "units.identity"},
    "films": {"drawing", "experiment", "plot", "session", "units", "units.columns"},
    "responses": {"arrays", "units.identity", "units.frame"},
    "units": {"session", "responses", "units.identity", "units.frame"}
    | {"units.columns"},
    "stimuli": {"stimuli.core", "stimuli.readers", "stimuli.render", "stimuli.spec"}
    | {"stimuli.families"},
    "stimuli.core": set(),
    "stimuli.render": {"stimuli.core"},
    "stimuli.spec": {"stimuli.core", "stimuli.render"},
    "stimuli.readers": {"stimuli.core", "stimuli.spec"},
    "stimuli.families": {*STIMULI, "stimuli.render"} - {"stimuli"},
    "encoding": {*CONTRACT, *STIMULI, "units", "units.identity", "export"},
    "export": {"session", "responses", "units.frame"},
    "fitting": {"fitting.judging", "fitting.recordings", "opening", "session"},
    "fitting.recordings": {"stimuli", "stimuli.core"},
    "fitting.judging": {
        "analysis.agreement",
        "encoding",
        "fitting.recordings",
        "fitting",
    }
    | {"responses", "session"},
    "analysis": ANALYSIS,
    "analysis.fits": set(),
    "analysis.trials": {"analysis.fits", "responses", "stimuli.core", "stimuli.spec"}
    | {"units.columns"},
    "analysis.tuning": {"analysis.fits", "analysis.trials", "responses", "session"}
    | {"units.identity"},
    "analysis.fields": {"analysis.fits", "analysis.trials", "responses"}
    | {"stimuli.core", "stimuli.render", "units.identity"},
    "analysis.cortex": {"stimuli.core", "units.identity", "units.frame"},
    "analysis.population": {"analysis.fits", "analysis.trials", "analysis.tuning"},
    "analysis.probes": {"analysis.fits", "analysis.trials", "analysis.tuning"}
    | {"responses", "units.identity"},
    "analysis.agreement": {"analysis.fits", "analysis.trials", "responses"}
    | {"units.identity", "units.frame", "units.columns"},
    "analysis.timing": {"analysis.fits", "analysis.trials", "analysis.tuning"}
    | {"responses", "units.columns", "units.identity"},
    "analysis.variability": {*ANALYSIS, "responses", "stimuli.core"}
    | {"units.columns", "units.identity"},
    "experiment": {*CONTRACT, *STIMULI, *ANALYSIS, "encoding", "export", "opening"}
    | {"drawing", "fitting.judging", "units", "units.frame", "units.identity"},
    "cli": BELOW
    | {"", "app.shell", "films", "plot", "units.identity", "units.frame"}
    | {"units.columns"},
    "app": {"app.shell"},
    "app.work": {"encoding", "experiment", "export", "fitting", "session", "stimuli"}
    | {"stimuli.readers", "responses"},
    "app.widgets": {"drawing", "responses", "experiment", "units", "units.frame"}
    | {"stimuli.families", "stimuli.spec", "units.columns", "units.identity"},
    "app.map": {"app.widgets", "drawing", "drive", "experiment", "session", "responses"}
    | {"analysis", "analysis.cortex", "stimuli.core", "units", "units.columns"},
    "app.panels": {*BELOW, "units.identity", "units.frame", "units.columns"}
    | {"", "app.widgets", "app.map", "app.work"},
    "app.shell": {*BELOW, "", "app.panels", "app.widgets", "app.map", "app.work"}
    | {"films", "plot", "units.frame", "units.columns"},
}
#: Plugins stand on the contract alone, and on the host where a script would.
PUBLIC = {"twin", "session", "streaming", "stimuli", "device", "errors", "untrusted"}
PUBLIC |= {"units", "progress", "conditions", "drive", "fitting", "parameters"}
PLUGIN_ROWS = {
    "insilico_berg": {*PUBLIC, "opening"},
    "insilico_demo": PUBLIC,
    "insilico_nnpoisson": {*PUBLIC, "files"},
    "insilico_drosophila": {*PUBLIC, "files"},
    "insilico_wang2025": {*PUBLIC, "stimuli.spec"},
}


def name_of(path: Path) -> str:
    root = HOST.parent if HOST in path.parents else PLUGINS
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


NAMES = {name_of(path) for path in modules(HOST) + modules(PLUGINS)}


def room_of(module: str) -> str:
    """The innermost room of the table that a module of the host is in."""
    inside = module.removeprefix("insilico_gui").removeprefix(".")
    parts = inside.split(".")
    rooms = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((room for room in rooms if room in ROOMS), parts[0])


@cache
def imported(path: Path) -> set[str]:
    """Modules of this project that a file imports."""
    found = {name for name in imports(path) if name in NAMES}
    # "from package import module" is an import of the module, not of the package
    packages = {name.rpartition(".")[0] for name in found}
    named = {
        node.module
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom)
        and any(f"{node.module}.{alias.name}" not in NAMES for alias in node.names)
    }
    return {name for name in found if name in named or name not in packages}


@pytest.mark.parametrize("path", modules(HOST), ids=name_of)
def test_every_room_keeps_to_its_row(path):
    room = room_of(name_of(path))
    assert room in ROOMS, f"{path} is in no room of the table"
    used = {room_of(n) for n in imported(path) if n.startswith("insilico_gui")}
    assert used <= ROOMS[room] | LEAVES | {room}, path
    others = {n.split(".")[0] for n in imported(path)} - {"insilico_gui"}
    assert not others, f"{path} names a twin"


def test_rooms_of_the_table_are_there():
    for room in ROOMS:
        assert f"insilico_gui.{room}".removesuffix(".") in NAMES, room


@pytest.mark.parametrize("path", modules(PLUGINS), ids=name_of)
def test_plugins_use_the_public_contract_and_not_each_other(path):
    own = name_of(path).split(".")[0]
    used = {n for n in imported(path) if n.split(".")[0] != own}
    rooms = {n.removeprefix("insilico_gui.").split(".")[0] for n in used}
    assert rooms <= PLUGIN_ROWS[own], path


def at_import(path: Path) -> set[str]:
    """Modules of this project that importing a file imports."""
    found = set()
    waiting: list[ast.AST] = [parsed(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.ImportFrom) and node.module in NAMES:
            inside = {f"{node.module}.{alias.name}" for alias in node.names} & NAMES
            found |= inside or {node.module}
        waiting.extend(ast.iter_child_nodes(node))
    return found


def test_there_is_no_circle_of_imports():
    graph = {name_of(p): at_import(p) for p in modules(HOST) + modules(PLUGINS)}
    graph = {name: used - {name} for name, used in graph.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError


def test_folders_hold_about_twenty_files():
    for folder in {path.parent for path in modules(HOST) + modules(PLUGINS)}:
        assert len(list(folder.glob("*.py"))) <= 21, folder
        text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
        assert text, f"{folder} does not say what lives there"


#: What panels draw from and act on. They are called when it changes: whoever wires
#: widgets to each other, or each of them to the experiment, has them draw in any order.
OUTSIDE = {"desk", "window", "experiment", "playback", "now", "map"}


def chain(node: ast.AST) -> list[str]:
    """Names of ``a.b.c``, the first first."""
    if isinstance(node, ast.Call):
        return chain(node.func)
    if isinstance(node, ast.Attribute):
        return [*chain(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


def test_panels_have_no_signals_and_connect_to_nothing_outside():
    for path in modules(HOST / "app" / "panels"):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            assert not isinstance(node, ast.Name) or node.id != "Signal", path
            if not isinstance(node, ast.Attribute):
                continue
            names = chain(node)
            if names[-1] in ("connect", "changed", "events"):
                assert not OUTSIDE & set(names[:-1]), (path, node.lineno, names)


def test_connections_in_the_app_are_few():
    texts = [path.read_text() for path in modules(HOST / "app")]
    assert sum(text.count(".connect(") for text in texts) <= 92


def test_nothing_unsafe_is_called():
    unsafe = re.compile(
        r"pickle\.loads?\(|allow_pickle\s*=\s*True|(?<![.\w])eval\(|(?<![.\w])exec\(|extractall\("
        r"|shell\s*=\s*True|yaml\.load\("
    )
    for path in modules(HOST) + modules(PLUGINS):
        text = path.read_text()
        assert not unsafe.search(text), path
        for call in re.findall(r"torch\.load\((?:[^()]|\([^()]*\))*\)", text):
            assert "weights_only=True" in call, path
