"""Runs the blocks of one page in order; in a process of its own, see ``server``."""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
import time
import tomllib
import traceback
import warnings
from pathlib import Path
from typing import Any

SITE = "INSILICO_PAGE_SITE"
"""Names the folder where the package of a page is installed."""


def run_page(request: Path) -> None:
    """Run the page that a file of JSON describes, and write beside it what came of it.

    The file has ``page``, ``given`` (names), ``files`` (text by name) and ``blocks``; the
    answer is what :func:`run_blocks` returns.
    """
    from support.pages.checks import CHECKS
    from support.pages.given import give

    asked = json.loads(request.read_text())
    for name in asked["given"]:
        give(name)
    lay_files(asked["files"], Path(os.environ[SITE]))
    use_files()
    done, names = run_blocks(asked["blocks"])
    check = CHECKS.get(asked["page"])
    if check is not None and not any(block["error"] for block in done):
        try:
            check(names, [block["output"] for block in done])
        except Exception:
            error = traceback.format_exc()
            done.append({"seconds": 0.0, "output": "", "error": error})
    request.with_suffix(".answer").write_text(json.dumps(done))


def lay_files(files: dict[str, str], site: Path) -> None:
    """Write files of a page into the current folder, and install a package among them."""
    for name, text in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    site.mkdir(exist_ok=True)
    if "pyproject.toml" in files:
        groups = tomllib.loads(files["pyproject.toml"])["project"]["entry-points"]
        about = site / "of_the_page-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: of-the-page\nVersion: 1.0\n"
        )
        lines = []
        for group, points in groups.items():
            lines += [f"[{group}]", *(f"{k} = {v}" for k, v in points.items()), ""]
        (about / "entry_points.txt").write_text("\n".join(lines))


def use_files() -> None:
    """Find what :func:`lay_files` wrote: a package, or modules for folders of this one."""
    here = Path.cwd()
    sys.path[:0] = [str(here), os.environ[SITE]]
    importlib.invalidate_caches()
    for folder in {path.parent for path in here.glob("insilico_gui/**/*.py")}:
        name = ".".join(folder.relative_to(here).parts)
        if name.startswith("insilico_gui.app"):
            continue  # of the window, which has a test of its own
        package = importlib.import_module(name)
        package.__path__ = [*package.__path__, str(folder)]


def run_blocks(blocks: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict]:
    """Run blocks until one fails.

    Returns
    -------
    list of dict
        Of each block that ran: ``seconds``, ``output`` and ``error`` (empty if it ran).
    dict
        The names that the blocks of Python left.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    done = []
    for block in blocks:
        start = time.perf_counter()
        if block["language"] == "python":
            output, error = _python(block["code"], names, block["title"])
        else:
            output, error = _bash(block["code"])
        seconds = time.perf_counter() - start
        done.append({"seconds": seconds, "output": output, "error": error})
        if error:
            break
    return done, names


def _python(code: str, names: dict[str, Any], title: str) -> tuple[str, str]:
    """Run Python as the cell of a notebook, which shows the value of its last line."""
    said = io.StringIO()
    try:
        tree = ast.parse(code, title)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        with contextlib.redirect_stdout(said), warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")
            exec(compile(tree, title, "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), title, "eval"), names)
                print("" if value is None else repr(value))
    except BaseException:  # of the page, also SystemExit
        return said.getvalue(), traceback.format_exc()
    return said.getvalue(), ""


def _bash(code: str) -> tuple[str, str]:
    """Run a block of the shell; the first command that fails ends it."""
    strict = f"set -euo pipefail\nshopt -s globstar\n{code}"
    done = subprocess.run(
        ["bash", "-c", strict], capture_output=True, text=True, check=False
    )
    failed = "" if done.returncode == 0 else f"exit code {done.returncode}"
    return done.stdout, failed and f"{failed}\n{done.stdout}{done.stderr}"
