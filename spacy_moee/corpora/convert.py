"""Files with tokens and tags -> spaCy docs with gold entities, and their counts."""

from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Union

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import MoeeError
from ..labels import check_label
from .columns import Sentence, read_columns
from .contents import Contents, read_contents
from .converted import Converted, count_docs
from .detect import detect_format
from .formats.items import Notice
from .forms import BARE, PREFIX, Tags, parse_tags
from .options import AUTO, COLUMNS, Options
from .partial import infer_missing, take_out_unbounded
from .schemes import (
    count_entities,
    illegal_lines,
    marks_borders,
    resolve_scheme,
    to_iob,
)

# the most tokens that the network reads at once by default; no sentence of the corpora
# that were tried has more than 160
LONG_SENTENCE = 256
# the longest article of these corpora has 7,061 tokens
LONG_DOCUMENT = 10_000
# documents are wanted, and there is no sign of any
UNMARKED = (
    "No line marks a document, so each sentence is a doc. If the file is one document, "
    "put a line -DOCSTART- above it."
)
FULL_STOPS = frozenset(".?!。？！")


def convert_file(path: Path, options: Optional[Options] = None) -> Converted:
    """Read a file into docs with entities.

    path (Path): The file, or the folder of a brat corpus.
    options (Optional[Options]): The options of the conversion.
    RETURNS (Converted): The docs and their counts.
    RAISES (MoeeError): M301-M309, M315-M324 and M330-M349 for a file that can't be
        read.
    """
    path, options = Path(path), options or Options()
    format: str = options.format
    if format == AUTO:
        has_columns = options.token_column is not None or options.tag_column is not None
        format = COLUMNS if has_columns else detect_format(path, options.encoding)
    if format == COLUMNS:
        columns = read_columns(path, options)
        contents = Contents(columns.sentences, notes=columns.notes)
    else:
        contents = read_contents(path, format, options)
    if contents.docs:
        return count_docs(path, format, contents)
    found = convert_sentences(contents.sentences, path, options)
    found.notes = [*contents.notes, *found.notes]
    found.format, found.notices = format, [*contents.notices, *found.notices]
    return found


def convert_sentences(
    sentences: Sequence[Sentence], path: Path, options: Optional[Options] = None
) -> Converted:
    """Turn sentences into docs with entities.

    sentences (Sequence[Sentence]): All sentences of a file of any format.
    path (Path): The file, for messages.
    options (Optional[Options]): The options of the conversion.
    RETURNS (Converted): The docs and their counts.
    RAISES (MoeeError): M306-M308, M319, M320 and M322 for tags that can't be read,
        M309 if there is no sentence, M324 for a label that can't be an entity type.
    """
    options = options or Options()
    types = options.types
    if not sentences:
        raise MoeeError("M309", file=path)
    tags = parse_tags(sentences, path, options)
    _check_types(tags, types, path)
    scheme = resolve_scheme(options.scheme, tags, path)
    if marks_borders(scheme):
        tags.rows = [infer_missing(row) for row in tags.rows]
    iob = [
        to_iob(row, scheme, types) if row else [""] * len(sentence.words)
        for sentence, row in zip(sentences, tags.rows, strict=True)
    ]
    notices = _take_out_unbounded(sentences, tags, iob, scheme)
    longest = max(sentences, key=lambda sentence: len(sentence.words))
    found = count_entities(tags, scheme)
    unmarked = not any(sentence.document for sentence in sentences)
    by_document = options.group == "document" and not unmarked
    notes = [UNMARKED] if options.group == "document" and unmarked else []
    return Converted(
        path=path,
        docs=_make_docs(sentences, iob, options.vocab, by_document),
        scheme=scheme if any(tags.rows) else "",
        sentences=len(sentences),
        tokens=sum(map(len, iob)),
        entities=Counter(t[2:] for row in iob for t in row if t.startswith("B")),
        source_types=sorted(tags.labels),
        illegal=illegal_lines(sentences, tags, scheme),
        dropped=Counter({k: n for k, n in found.items() if types.get(k, k) == ""}),
        missing=tags.missing,
        n_long=_count_long(sentences),
        longest=(len(longest.words), longest.line),
        notes=[*_describe_form(tags), *notes],
        notices=notices,
    )


def _take_out_unbounded(
    sentences: Sequence[Sentence], tags: Tags, iob: List[List[str]], scheme: str
) -> List[Notice]:
    notices = []
    for sentence, row, read in zip(sentences, tags.rows, iob, strict=True):
        for start, end in take_out_unbounded(row, read, scheme):
            where = f"line {sentence.line_of(start)}"
            text, label = " ".join(sentence.words[start:end]), row[start].label
            notices.append(Notice("unbounded", where, text, label))
    return notices


def _check_types(tags: Tags, types: Mapping[str, str], path: Path) -> None:
    """Check the types that the docs will have."""
    for old, (line, tag) in tags.labels.items():
        new = types.get(old, old)
        try:
            if new or old not in types:
                check_label(new)
        except MoeeError as err:
            values = {"tag": tag, "label": new, "old": old, **err.values}
            raise MoeeError("M324", file=path, line=line, **values) from None


def _describe_form(tags: Tags) -> List[str]:
    if tags.form is PREFIX:
        return []
    if tags.form is BARE:
        return ["Each tag is a type, without a letter."]
    return [f"Tags are written like {tags.form.example}."]


def _count_long(sentences: Sequence[Sentence]) -> int:
    """Count the sentences that are long; a single one counts if it has full stops
    inside."""
    n_long = sum(len(sentence.words) > LONG_SENTENCE for sentence in sentences)
    if n_long or len(sentences) > 1:
        return n_long
    return int(sum(word in FULL_STOPS for word in sentences[0].words[:-1]) > 2)


def _make_docs(
    sentences: Sequence[Sentence], iob: List[List[str]], vocab: Vocab, by_document: bool
) -> List[Doc]:
    """Group sentences into docs. No entity crosses the border of a sentence."""
    docs = []
    keys = (s.document if by_document else i for i, s in enumerate(sentences))
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

    text (str): Such as "person=PER,organisation=ORG,date=".
    RETURNS (Dict[str, str]): The new name of each old one, empty for one to drop.
    RAISES (MoeeError): M003 for a new name that can't be a type, M311 for an item that
        is not OLD=NEW, or an OLD that is given twice.
    """
    types: Dict[str, str] = {}
    for item in text.split(",") if text.strip() else []:
        old, *new = (part.strip() for part in item.split("="))
        if len(new) != 1 or not old:
            raise MoeeError("M311", found=item, reason="it is not OLD=NEW")
        if old in types:
            raise MoeeError("M311", found=item, reason=f"'{old}' is renamed twice")
        if new[0]:
            check_label(new[0])
        types[old] = new[0]
    return types
