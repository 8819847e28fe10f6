"""The page on clients has nothing that no test runs."""

import re

from ..docs.blocks import ROOT
from .util import PAGE, find_blocks

REASON = r"(tests/clients/test_\w+\.py) runs it"


def test_every_block_is_run() -> None:
    titles = re.findall(r"(?m)^## (.*)$", PAGE.read_text(encoding="utf8"))
    assert len(titles) > 5
    blocks = [(title, block) for title in titles for block in find_blocks(title)]
    for title, block in blocks:
        if block.reason:
            named = re.fullmatch(REASON, block.reason)
            assert named and f'("{title}"' in (ROOT / named[1]).read_text("utf8"), block


def test_every_other_program_is_installed() -> None:
    """And tested: its requirement is there, and its name in the tests."""
    table = PAGE.read_text(encoding="utf8").split("## Others")[1]
    names = re.findall(r"(?m)^\| ([\w& -]+) \| (?!---)", table)[1:]
    folder = ROOT / "tests" / "clients"
    required = (folder / "requirements.txt").read_text(encoding="utf8").lower()
    tests = (folder / "test_others.py").read_text(encoding="utf8")
    assert len(names) == tests.count("\nclass Test")
    for name in names:
        assert name.lower().replace("weights & biases", "wandb") in required, name
