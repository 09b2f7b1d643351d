"""Pages of the docs site that are made from the code, as a hook of MkDocs.

Two comments in a page are replaced: ``<!-- names: MODULE -->`` by the public names of the
module, each with its docstring, and ``<!-- commands -->`` by the options of every command.
``tutorial.md`` is the notebook ``tutorial.ipynb``, executed, and ``changes.md`` is
``CHANGELOG.md``.
"""

from __future__ import annotations

import base64
import importlib
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

NAMES = re.compile(r"<!-- names: ([\w.]+) -->")
COMMANDS = "<!-- commands -->"


def public_names(module: str) -> list[str]:
    """Full names of what a module makes public, except modules: ``__all__``, sorted.

    Without ``__all__``: the functions and classes that are defined in the module.
    """
    found = importlib.import_module(module)
    if hasattr(found, "__all__"):
        names = found.__all__
    else:
        names = [
            name
            for name, value in vars(found).items()
            if getattr(value, "__module__", None) == module and name[0] != "_"
        ]
    return sorted(
        (
            f"{module}.{name}"
            for name in names
            if not inspect.ismodule(getattr(found, name))
        ),
        key=str.lower,
    )


def command_pages() -> str:
    """Usage, arguments and options of every command, in Markdown."""
    import typer

    from insilico_gui.cli import app

    group = typer.main.get_command(app)
    context = typer.Context(group, info_name="insilico-gui")
    lines: list[str] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = typer.Context(command, info_name=name, parent=context)
        usage = command.get_usage(inner).removeprefix("Usage: ")
        lines += [f"### {name}", "", inspect.cleandoc(command.help or ""), ""]
        lines += ["```text", usage, "```", "", "| parameter | meaning |", "| --- | --- |"]
        for parameter in command.get_params(inner):
            if record := parameter.get_help_record(inner):
                what, meaning = (cell.replace("|", "\\|").strip() for cell in record)
                lines.append(f"| `{what}` | {' '.join(meaning.split())} |")
        lines.append("")
    return "\n".join(lines)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill in names and commands."""

    def docstrings(found: re.Match[str]) -> str:
        return "\n\n".join(f"::: {name}" for name in public_names(found[1]))

    markdown = NAMES.sub(docstrings, markdown)
    return markdown.replace(COMMANDS, command_pages()) if COMMANDS in markdown else markdown


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are no Markdown files."""
    from mkdocs.structure.files import File

    root = Path(config.config_file_path).parent
    changes = (root / "CHANGELOG.md").read_text().replace("](docs/", "](")
    files.append(File.generated(config, "changes.md", content=changes))
    text, pictures = executed_notebook(root / "docs" / "tutorial.ipynb")
    files.append(File.generated(config, "tutorial.md", content=text))
    for name, content in pictures.items():
        files.append(File.generated(config, name, content=content))
    return files


def executed_notebook(path: Path) -> tuple[str, dict[str, bytes]]:
    """A notebook with the results of its cells: Markdown, and pictures by name."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    lines: list[str] = []
    pictures: dict[str, bytes] = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            lines += [cell.source, ""]
            continue
        lines += ["```python", cell.source, "```", ""]
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                name = f"pictures/tutorial_{len(pictures) + 1}.png"
                pictures[name] = base64.b64decode(data["image/png"])
                lines += [f"![Result of the cell above]({name})", ""]
            elif text := data.get("text/plain") or output.get("text"):
                lines += ["```text", text.rstrip(), "```", ""]
    return "\n".join(lines), pictures
