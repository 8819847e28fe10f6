"""What the documentation makes from the code and from the pages of the repository's
root, before Sphinx reads its pages: a reference of the registered names, of the command
line and of all messages; and copies of the root's pages."""

from pathlib import Path
from typing import Any, Dict

from . import commands, docstrings, messages, registered, root


def make_pages() -> Dict[str, Dict[str, str]]:
    """Make all pages.

    RETURNS (Dict[str, Dict[str, str]]): The pages of each folder, by their names.
    """
    reference = {
        **registered.make_pages(),
        "commands.md": commands.make_page(),
        "messages.md": messages.make_page(),
    }
    return {"reference": reference, "project": root.make_pages()}


def write_pages(folder: Path) -> None:
    """Write the pages, and touch none that is as it was.

    folder (Path): Where their folders go.
    """
    for name, pages in make_pages().items():
        (folder / name).mkdir(exist_ok=True)
        for stale in {x.name for x in (folder / name).glob("*.md")} - set(pages):
            (folder / name / stale).unlink()
        for page, text in pages.items():
            path = folder / name / page
            if not path.exists() or path.read_text(encoding="utf8") != text:
                path.write_text(text, encoding="utf8")


def setup(app: Any) -> Dict[str, bool]:
    """Called by Sphinx."""
    write_pages(Path(app.srcdir))
    app.connect("autodoc-process-docstring", docstrings.process)
    app.connect("doctree-read", docstrings.write_dashes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
