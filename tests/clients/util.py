"""The blocks of the page on clients, and what a test of a client compares."""

import re
from importlib.util import find_spec
from typing import Any, Dict, List, Tuple

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from ..component.util import make_texts
from ..docs.blocks import ROOT, Block, read_blocks

PAGE = ROOT / "docs" / "guides" / "clients.md"
TEXTS = make_texts(40, seed=1)
SpanT = Tuple[int, int, str]


def clients(*modules: str) -> List[Any]:
    """The marks of a test that needs other programs. None is imported to see that it is
    there; what they themselves warn of is theirs."""
    missing = [name for name in modules if find_spec(name) is None]
    return [
        pytest.mark.clients,
        pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}"),
        pytest.mark.filterwarnings("ignore", "error:.MW"),
    ]


def find_blocks(title: str) -> List[Block]:
    """The code blocks of a section of the page."""
    lines = PAGE.read_text(encoding="utf8").split("\n")
    titles = [i for i, line in enumerate(lines) if line.startswith("## ")]
    start = lines.index(f"## {title}")
    end = next((i for i in titles if i > start), len(lines))
    return [block for block in read_blocks(PAGE) if start < block.line <= end]


def run_block(title: str, number: int = 0, **changes: str) -> Dict[str, Any]:
    """Run a Python block. Returns the names that it leaves.

    **changes (str): What to give names instead of their values in the block.
    """
    block = find_blocks(title)[number]
    code = block.code
    for name, value in changes.items():
        code, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value}", code)
        assert count == 1, name
    names: Dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code, str(block), "exec"), names)
    return names


def get_spans(doc: Doc) -> List[SpanT]:
    return [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents]


def expect(nlp: Language) -> List[List[SpanT]]:
    """The entities of the texts, without a client."""
    found = [get_spans(nlp(text)) for text in TEXTS]
    assert {label for spans in found for _, _, label in spans} == {"PER", "LOC"}
    return found
