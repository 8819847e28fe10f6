from pathlib import Path
from typing import Any, Dict, List

import pytest
from spacy.language import Language

from spacy_moee.corpora.convert import convert_file

from ..cli.util import run_python
from .util import TEXTS, clients, expect, get_spans, run_block

pytestmark = clients("edsnlp", "pandas")
BY_NAME = """
import edsnlp
import spacy

for library in (edsnlp, spacy):
    for name in ("ner", "moee_ner"):
        try:
            library.blank("en").add_pipe(name)
            print("added")
        except Exception as error:
            print(type(error).__name__, error)
"""


class TestPage:
    @pytest.fixture(scope="class")
    def names(self, folder: Path) -> Dict[str, Any]:
        """What the block leaves."""
        return run_block("edsnlp")

    def test_readers_and_writers(self, nlp: Language, names: Dict[str, Any]) -> None:
        rows = names["table"].itertuples()
        found = {(row.note_id, row.start, row.end, row.label) for row in rows}
        docs = {key: nlp(text) for key, text in zip("ab", names["texts"], strict=True)}
        assert found == {(key, *span) for key in docs for span in get_spans(docs[key])}
        assert {key for key, *_ in found} == {"a", "b"}
        # what it wrote for brat, by our own reader
        read = {doc.text: get_spans(doc) for doc in convert_file(Path("brat")).docs}
        assert read == {doc.text: get_spans(doc) for doc in docs.values()}

    def test_component(self, nlp: Language, names: Dict[str, Any]) -> None:
        pipeline = names["pipeline"]
        assert [get_spans(pipeline(text)) for text in TEXTS] == expect(nlp)

    def test_component_is_not_saved(self, names: Dict[str, Any]) -> None:
        """The page's limit."""
        import edsnlp

        names["pipeline"].to_disk("saved")
        with pytest.raises(TypeError):
            edsnlp.load("saved")(TEXTS[0])


class TestByName:
    """The page's limit, in a process of its own."""

    @pytest.fixture(scope="class")
    def errors(self) -> List[str]:
        """What edsnlp says of spaCy's component and of ours, then what spaCy says."""
        return run_python("-W", "ignore", "-c", BY_NAME).splitlines()

    def test_spacys_is_refused_and_damaged(self, errors: List[str]) -> None:
        assert len(errors) == 4
        assert "architectures" in errors[0] and "architectures" in errors[2]

    def test_ours_is_as_spacys(self, errors: List[str]) -> None:
        assert errors[1] == errors[0]
        assert errors[3] == errors[2]
