"""Column files -> spaCy docs with gold entities, and their counts."""

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Counter as CounterT
from typing import Dict, List, Mapping, Optional, Sequence, Union

import spacy
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import MoeeError
from .columns import Sentence, read_columns
from .schemes import AUTO, SCHEMES, illegal_lines, parse_tags, resolve_scheme, to_iob

GROUPS = ("sentence", "document")


@dataclass
class Converted:
    """What was read from one column file.

    path (Path): The file.
    docs (List[Doc]): One doc a sentence or an article. Their spaces are unknown, so
        that spaCy keeps the gold tokens in training and evaluation.
    scheme (str): The scheme that was told or detected.
    sentences (int): Number of sentences.
    tokens (int): Number of tokens.
    entities (Counter[str]): Number of entities per (renamed) type.
    source_types (List[str]): Types as the file names them.
    illegal (List[int]): Line of each transition that the scheme forbids.
    """

    path: Path
    docs: List[Doc]
    scheme: str
    sentences: int
    tokens: int
    entities: CounterT[str]
    source_types: List[str]
    illegal: List[int]


def convert_file(
    path: Path,
    *,
    scheme: str = AUTO,
    group: str = "sentence",
    types: Optional[Mapping[str, str]] = None,
    token_column: int = 0,
    tag_column: int = -1,
    vocab: Optional[Vocab] = None,
) -> Converted:
    """Read a column file into docs with entities.

    path (Path): The column file.
    scheme (str): "iob1", "iob2", "bioes", "bilou", or "auto" to detect it.
    group (str): "sentence" for one doc a sentence, "document" for one doc an
        article. A file without DOCSTART lines is one article.
    types (Optional[Mapping[str, str]]): New names for entity types.
    token_column (int): Column of the token, from 0; negative counts from the end.
    tag_column (int): Column of the tag, from 0; negative counts from the end.
    vocab (Optional[Vocab]): Vocabulary of the docs, by default a blank English one.
    RETURNS (Converted): The docs and their counts.
    RAISES (MoeeError): M301-M309, M313 for a file that can't be read, and M314 for
        an unknown scheme or group.
    """
    sentences = list(
        read_columns(Path(path), token_column=token_column, tag_column=tag_column)
    )
    return convert_sentences(
        sentences, Path(path), scheme=scheme, group=group, types=types, vocab=vocab
    )


def convert_sentences(
    sentences: Sequence[Sentence],
    path: Path,
    *,
    scheme: str = AUTO,
    group: str = "sentence",
    types: Optional[Mapping[str, str]] = None,
    vocab: Optional[Vocab] = None,
) -> Converted:
    """Turn sentences that were read into docs with entities.

    sentences (Sequence[Sentence]): All sentences of one file, whatever its format.
    path (Path): The file they come from, for messages.
    scheme (str): "iob1", "iob2", "bioes", "bilou", or "auto" to detect it.
    group (str): "sentence" for one doc a sentence, "document" for one doc for each
        value of `Sentence.document`.
    types (Optional[Mapping[str, str]]): New names for entity types.
    vocab (Optional[Vocab]): Vocabulary of the docs, by default a blank English one.
    RETURNS (Converted): The docs and their counts.
    RAISES (MoeeError): M306-M308 for tags that can't be read, M309 if there is no
        sentence, M314 for an unknown scheme or group.
    """
    checks = [("scheme", scheme, SCHEMES), ("group", group, GROUPS)]
    for argument, value, choices in checks:
        if value not in choices:
            expected = ", ".join(choices)
            raise MoeeError("M314", argument=argument, found=value, expected=expected)
    if not sentences:
        raise MoeeError("M309", file=path)
    tags = parse_tags(sentences, path)
    scheme = resolve_scheme(scheme, sentences, tags, path)
    iob = [to_iob(row, types) for row in tags]
    if vocab is None:
        vocab = spacy.blank("en").vocab
    return Converted(
        path=path,
        docs=_make_docs(vocab, sentences, iob, group),
        scheme=scheme,
        sentences=len(sentences),
        tokens=sum(map(len, iob)),
        entities=Counter(t[2:] for row in iob for t in row if t.startswith("B")),
        source_types=sorted({tag.label for row in tags for tag in row if tag.label}),
        illegal=illegal_lines(sentences, tags, scheme),
    )


def _make_docs(
    vocab: Vocab, sentences: Sequence[Sentence], iob: List[List[str]], group: str
) -> List[Doc]:
    """Group sentences into docs. Entities were read before, sentence by sentence."""
    docs = []
    keys = (s.document if group == "document" else i for i, s in enumerate(sentences))
    rows = zip(keys, sentences, iob, strict=True)
    for _, members in groupby(rows, key=lambda row: row[0]):
        words: List[str] = []
        ents: List[str] = []
        starts: List[Union[bool, int, None]] = []
        for _, sentence, tags in members:
            words += sentence.words
            ents += tags
            starts += [True] + [False] * (len(tags) - 1)
        # No `spaces`: spaCy would train and score on its own tokens instead
        docs.append(Doc(vocab, words=words, ents=ents, sent_starts=starts))
    return docs


def parse_types(text: str) -> Dict[str, str]:
    """Read new names for entity types.

    text (str): Such as "person=PER,organisation=ORG".
    RETURNS (Dict[str, str]): New name of each old one.
    RAISES (MoeeError): M311 for an item that is not OLD=NEW, or an OLD given twice.
    """
    types: Dict[str, str] = {}
    for item in text.split(",") if text.strip() else []:
        old, *new = (part.strip() for part in item.split("="))
        if len(new) != 1 or not old or not new[0]:
            raise MoeeError("M311", found=item, reason="it is not OLD=NEW")
        if old in types:
            raise MoeeError("M311", found=item, reason=f"'{old}' is renamed twice")
        types[old] = new[0]
    return types
