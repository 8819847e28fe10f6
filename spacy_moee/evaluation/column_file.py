"""The gold tags of a corpus as they stand in the column file that it was made of. Where
they are illegal, the entities of its docs do not say what they are."""

from pathlib import Path
from typing import List, NamedTuple, NoReturn, Sequence

from spacy.tokens import Doc

from ..corpora.columns import Sentence, read_columns
from ..corpora.forms import Tag, parse_tags
from ..corpora.options import Options
from ..corpora.schemes import marks_borders, resolve_scheme, to_iob
from ..errors import MoeeError
from .ncrfpp import Entity, find_entities
from .scoring import iob_tags


class Tagged(NamedTuple):
    """A sentence of the file. sentence (Sentence): The sentence. row (List[Tag]): Its
    tags in parts."""

    sentence: Sentence
    row: List[Tag]


def read_gold(file: Path, docs: Sequence[Doc]) -> List[List[Entity]]:
    """Read the gold entities of docs as NCRF++ does.

    file (Path): The column file that they were converted from, in BIOES.
    docs (Sequence[Doc]): The docs, with their gold entities. Each has one or more whole
        sentences of the file, in its order.
    RETURNS (List[List[Entity]]): The entities of each doc.
    RAISES (MoeeError): M301-M306, M308, M313, M315-M318 and M322 for a file that can't
        be read, M516 for one whose tokens or entities are not those of the docs, M517
        for one that is not in BIOES.
    """
    file = Path(file)
    tagged = _read(file)
    waiting = iter(tagged)
    found = []
    for number, doc in enumerate(docs):
        entities: List[Entity] = []
        n_tokens, gold = 0, iob_tags(doc)
        while n_tokens < len(doc):
            one = next(waiting, None)
            if one is None:
                expected = f"a sentence of doc {number}, with {len(doc)} tokens"
                _refuse(file, _last_line(tagged), "the end of the file", expected)
            _compare(file, one, doc, gold, number, n_tokens)
            tags = (f"{x.prefix}-{x.label}" if x.label else "O" for x in one.row)
            entities += find_entities(tags, n_tokens)
            n_tokens += len(one.row)
        found.append(entities)
    if one := next(waiting, None):
        expected = f"the end of the file, since the corpus has {len(docs):,} docs"
        _refuse(file, one.sentence.line_of(0), "one more sentence", expected)
    return found


def _read(file: Path) -> List[Tagged]:
    options = Options()
    sentences = read_columns(file, options).sentences
    tags = parse_tags(sentences, file, options)
    scheme = resolve_scheme(options.scheme, tags, file)
    problem = ""
    if not any(sentence.tags for sentence in sentences):
        problem = "no tag"
    elif tags.missing:
        problem = f"missing tags: {', '.join(map(repr, tags.missing))}"
    elif not marks_borders(scheme):
        problem = f"tags in {scheme.upper()}"
    if problem:
        raise MoeeError("M517", file=file, found=problem)
    return [*map(Tagged, sentences, tags.rows)]


def _compare(
    file: Path, one: Tagged, doc: Doc, gold: List[str], number: int, first: int
) -> None:
    """See that a sentence is the one that begins at a token of a doc."""
    # conlleval's reading of the same tags
    read = to_iob(one.row, "bioes", {})
    for i, word in enumerate(one.sentence.words):
        token, line = first + i, one.sentence.line_of(i)
        place = f"token {token} of doc {number}"
        if token == len(doc):
            _refuse(file, line, f"the token {word!r}", f"the end of doc {number}")
        if word != doc[token].text:
            expected = f"{doc[token].text!r}, the {place}"
            _refuse(file, line, f"the token {word!r}", expected)
        if read[i] != gold[token]:
            found = f"the tag {one.sentence.tags[i]}, read as {read[i]}"
            _refuse(file, line, found, f"{gold[token]}, the tag of {place}")


def _last_line(tagged: Sequence[Tagged]) -> int:
    last = tagged[-1].sentence if tagged else None
    return last.line_of(len(last.words) - 1) if last else 1


def _refuse(file: Path, line: int, found: str, expected: str) -> NoReturn:
    raise MoeeError("M516", file=file, line=line, found=found, expected=expected)
