"""What the documentation makes from the code: a reference of the registered names, of
the command line and of all messages, which is written before Sphinx reads the pages."""

from pathlib import Path
from typing import Any, Dict

from . import commands, docstrings, messages, registered


def write_reference(folder: Path) -> None:
    """Write the generated pages, and touch none that is as it was.

    folder (Path): Where to.
    """
    pages = {
        **registered.make_pages(),
        "commands.md": commands.make_page(),
        "messages.md": messages.make_page(),
    }
    folder.mkdir(exist_ok=True)
    for stale in {path.name for path in folder.glob("*.md")} - set(pages):
        (folder / stale).unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf8") != text:
            path.write_text(text, encoding="utf8")


def setup(app: Any) -> Dict[str, bool]:
    """Called by Sphinx."""
    write_reference(Path(app.srcdir) / "reference")
    app.connect("autodoc-process-docstring", docstrings.process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
