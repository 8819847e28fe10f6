"""How far a file is annotated."""

from typing import List, Optional

import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_moee.evaluation.annotation import Annotation, count_annotation

NLP = spacy.blank("en")


def make(words: List[str], ents: Optional[List[str]] = None) -> Example:
    return Example(Doc(NLP.vocab, words=words), Doc(NLP.vocab, words=words, ents=ents))


@pytest.mark.parametrize(
    "ents, annotated, entities",
    [
        (None, 0, 0),
        (["O", "O", "O"], 3, 0),
        (["B-PER", "I-PER", "O"], 3, 1),
        (["B-PER", "", ""], 1, 1),
        (["", "O", ""], 1, 0),
    ],
)
def test_tokens(ents: Optional[List[str]], annotated: int, entities: int) -> None:
    example = make(["Ada", "Byron", "left"], ents)
    assert count_annotation([example]) == Annotation(1, 3, annotated, entities)


def test_white_space_is_no_token() -> None:
    doc = NLP.make_doc("Ada  left \n\n London")
    doc.set_ents([Span(doc, 0, 1, "PER")], default="outside")
    space = [token.i for token in doc if token.is_space]
    doc.set_ents([], missing=[doc[i : i + 1] for i in space], default="unmodified")
    assert space and doc[space[0]].ent_iob == 0
    example = Example(NLP.make_doc(doc.text), doc)
    assert count_annotation([example, make([])]) == Annotation(2, 3, 3, 1)


def test_docs_add_up() -> None:
    examples = [make(["a", "b"]), make(["a", "b"], ["O", "B-X"])]
    assert count_annotation(examples) == Annotation(2, 4, 2, 1)
    assert count_annotation([]) == Annotation(0, 0, 0, 0)
