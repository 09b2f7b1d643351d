"""Arrows point one way; the host knows no twin; importing is light."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import insilico_gui

HOST = Path(insilico_gui.__file__).parent
PLUGINS = HOST.parent / "plugins"
QT = {"qtpy", "PySide6", "PyQt5", "PyQt6", "napari", "vispy", "pyqtgraph", "superqt"}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module}
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


@pytest.mark.parametrize("heavy", ["torch", "qtpy", "PySide6", "napari", "vispy"])
def test_importing_takes_neither_torch_nor_qt(heavy):
    code = (
        "import sys, insilico_gui as ig; ig.list_sessions(); "
        f"sys.exit({heavy!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


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


def test_layers_of_the_host():
    lower = {
        "session.py": set(),
        "twin.py": {"session"},
        "opening.py": {"session", "twin"},
        "stimuli": set(),
        "conditions.py": set(),
        "selection.py": {"session", "conditions"},
        "encoding": {"session", "stimuli", "selection", "export"},
        "analysis": {"session", "stimuli", "encoding"},
        "export": {"session", "stimuli"},
    }
    shared = {"errors", "files", "device", "untrusted", "responses", "streaming"}
    shared |= {"identity", "unit_frame"}
    for name, allowed in lower.items():
        part = HOST / name
        for path in [part] if part.suffix else modules(part):
            used = {
                n.split(".")[1]
                for n in imports(path)
                if n.startswith("insilico_gui.") and "." in n
            }
            assert used <= allowed | shared | {name.removesuffix(".py")}, path


def test_plugins_use_the_public_contract_only():
    contract = {"twin", "session", "streaming", "stimuli", "device"}
    contract |= {"errors", "untrusted"}
    for path in modules(PLUGINS):
        used = {n.split(".")[1] for n in imports(path) if n.startswith("insilico_gui.")}
        assert used <= contract, path


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
