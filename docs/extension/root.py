"""Copies of the pages of the repository's root, with links to other pages here."""

import re
from pathlib import Path
from typing import Dict

ROOT = Path(__file__).parents[2]
FILES = {
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
TARGETS = {**FILES, "README.md": "../index.md"}


def make_pages() -> Dict[str, str]:
    """Copy the pages.

    RETURNS (Dict[str, str]): The pages, by the names of their files.
    """
    return {
        name: change_links((ROOT / file).read_text(encoding="utf8"))
        for file, name in FILES.items()
    }


def change_links(text: str) -> str:
    """Let links to files of the root lead to their copies.

    text (str): A page of Markdown.
    RETURNS (str): The same with other links.
    """

    def change(found: re.Match) -> str:
        target = found[1]
        moved = TARGETS.get(target, re.sub("^docs/", "../", target))
        return f"]({moved})"

    return re.sub(r"\]\(([\w./-]+)\)", change, text)
