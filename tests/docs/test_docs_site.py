"""The docs hang together: pages, links, pictures, and every public name.

``scripts/docs`` builds the site, with every warning an error; these checks need no Sphinx.
"""

from __future__ import annotations

import importlib
import inspect
import re

import nbformat
import pytest
from PIL import Image
from support.docs_pages import DOCS, ROOT

import insilico_gui as ig

PAGES = sorted([*DOCS.rglob("*.md"), *DOCS.rglob("*.ipynb")])
LINKED = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *PAGES]
TOCTREE = re.compile(r"```{toctree}\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
DIRECTIVE = re.compile(r"\.\. auto(\w+):: ([\w.]+)((?:\n   :.*)*)")
EXCLUDED = re.compile(r":exclude-members: (.+)")
REFERRED = re.compile(r"{py:class}`[^<`]+<([\w.]+)>`")
MAX_PICTURE_BYTES = 300_000


def text_of(page):
    """The text of a page, without the code in it."""
    if page.suffix == ".ipynb":
        cells = nbformat.read(page, as_version=4).cells
        text = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    else:
        text = page.read_text()
    return re.sub(
        r"^```(?!{).*?^```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE
    )


def anchors(page):
    """Anchors of the headings of a page, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def in_navigation():
    """Every page that is in a table of contents."""
    found = {DOCS / "index.md"}
    for page in DOCS.rglob("*.md"):
        for block in TOCTREE.findall(page.read_text()):
            for entry in block.splitlines():
                if not entry or entry.startswith(":"):
                    continue
                files = [*page.parent.glob(f"{entry}.md")]
                files += page.parent.glob(f"{entry}.ipynb")
                assert files, f"{page.name} names {entry}, which does not exist"
                found.update(files)
    return found


def test_every_page_is_in_the_navigation():
    assert in_navigation() == set(PAGES)


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in LINK.findall(text_of(page)):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{page.name}: {link}"
        if page != ROOT / "README.md" and DOCS in page.parents:
            assert DOCS in target.resolve().parents, f"{link} is no page of the site"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}"


def named_links(text):
    """Links that are named in the text, with their targets, which stand at its end."""
    targets = dict(re.findall(r"^\[([\w-]+)\]: (\S+)$", text, re.MULTILINE))
    used = set(re.findall(r"\]\[([\w-]+)\]", text))
    assert used == set(targets), used ^ set(targets)
    return targets


def test_links_of_the_readme_hold():
    text = text_of(ROOT / "README.md")
    named = named_links(text)
    links = [*named.values(), *LINK.findall(text)]
    assert len(links) > 20
    for link in links:
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        assert (ROOT / path).is_file(), link
        assert not anchor or anchor in anchors(ROOT / path), link
    pictures = re.findall(r"!\[[^\]]*\]\[([\w-]+)\]", text)
    assert pictures
    for name in pictures:
        assert named[name].endswith((".png", ".svg"))


def documented():
    """Full names of all that the reference documents."""
    names = set()
    for page in (DOCS / "reference").glob("*.md"):
        text = page.read_text()
        for kind, name, options in DIRECTIVE.findall(text):
            names.add(name)
            if kind == "module":
                module = importlib.import_module(name)
                left_out = set()
                if found := EXCLUDED.search(options):
                    left_out = set(found[1].split(", "))
                members = getattr(module, "__all__", vars(module))
                names.update(f"{name}.{m}" for m in members if m not in left_out)
    return names


def listed_data():
    """Full names of constants and types, which have no docstring of their own."""
    pages = (DOCS / "reference").glob("*.md")
    entries = (re.findall(r"\.\. py:data:: ([\w.]+)", p.read_text()) for p in pages)
    return {name for found in entries for name in found}


def test_every_public_name_is_in_the_reference():
    names = documented()
    for module in (ig, ig.analysis, ig.stimuli):
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.ismodule(value):
                continue
            # Names that the package takes from a module are documented there
            homes = {module.__name__, "insilico_gui.stimuli"}
            homes.add(getattr(value, "__module__", ""))
            found = names & {f"{home}.{name}" for home in homes}
            assert found, f"{module.__name__}.{name} is not in the reference"
            if inspect.isclass(value) or inspect.isroutine(value):
                assert value.__doc__, f"{name} has no docstring to show"
            else:
                assert found & listed_data(), f"{name} needs an entry py:data"
    assert "insilico_gui.app.launch" in names
    for module in ("twin", "session", "streaming", "errors"):
        assert f"insilico_gui.{module}" in names


def test_references_to_names_resolve():
    names = documented()
    for page in (DOCS / "reference").glob("*.md"):
        assert set(REFERRED.findall(page.read_text())) <= names


def test_pictures_are_shown_and_small():
    text = "".join(page.read_text() for page in LINKED)
    for picture in (DOCS / "pictures").iterdir():
        assert f"pictures/{picture.name}" in text, f"{picture.name} is not shown"
        Image.open(picture).verify()
        if picture.name != "families.png":
            assert picture.stat().st_size < MAX_PICTURE_BYTES
