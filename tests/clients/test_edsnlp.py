from pathlib import Path
from typing import Any, Dict

import pytest
from spacy.language import Language

from spacy_moee.corpora.convert import convert_file

from ..cli.util import run_python
from .util import TEXTS, clients, expect, get_spans, run_block

pytestmark = clients("edsnlp", "pandas")
BY_NAME = """
import edsnlp

for name in ("ner", "moee_ner"):
    try:
        edsnlp.blank("en").add_pipe(name)
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


@pytest.mark.xfail(strict=True, reason="branch habits")
def test_by_name_it_is_as_ner() -> None:
    """The page's limit: what edsnlp says of our component is what it says of spaCy's.
    In a process of its own, which can't make either afterwards."""
    errors = run_python("-W", "ignore", "-c", BY_NAME).splitlines()
    assert len(errors) == 2 and "architectures" in errors[0]
    assert errors[0] == errors[1]
