"""The content of files of any format but columns: sentences with tags, or docs."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Counter as CounterT
from typing import List

from spacy.tokens import Doc

from ..errors import MoeeError
from .columns import Sentence
from .formats import FORMATS, read_format
from .formats.items import KINDS, Annotated, Notice
from .formats.places import Place
from .options import CODE_POINTS, UTF16, Options
from .spans import Texts, make_docs, rename_entities
from .text import list_some

UNIT_NAMES = {
    CODE_POINTS: "Python's (code points)",
    UTF16: "JavaScript's (UTF-16 code units)",
}


@dataclass
class Contents:
    """The content of a file.

    sentences (List[Sentence]): Its sentences, if it has tags.
    docs (List[Doc]): Its docs, if not.
    labels (List[str]): The types of the docs' entities, as the file names them.
    dropped (Counter[str]): Number of entities of each type that was dropped.
    notices (List[Notice]): What is left out or changed.
    notes (List[str]): Other messages for the user.
    """

    sentences: List[Sentence] = field(default_factory=list)
    docs: List[Doc] = field(default_factory=list)
    labels: List[str] = field(default_factory=list)
    dropped: CounterT[str] = field(default_factory=Counter)
    notices: List[Notice] = field(default_factory=list)
    notes: List[str] = field(default_factory=list)


def read_contents(path: Path, format: str, options: Options) -> Contents:
    """Read a file of any format but columns.

    path (Path): The file, or the folder of a brat corpus.
    format (str): A key of `FORMATS`.
    options (Options): The options of the conversion.
    RETURNS (Contents): Its sentences or docs.
    RAISES (MoeeError): M301, M302, M313 and M315-M318 for a file that can't be read,
        M331-M349 for errors in it.
    """
    found = Contents()
    texts: List[Annotated] = []
    labels: CounterT[str] = Counter()
    for item in read_format(path, format, options):
        if isinstance(item, Sentence):
            found.sentences.append(item)
        elif isinstance(item, Notice):
            found.notices.append(item)
        elif isinstance(item, Annotated):
            texts.append(item)
            labels.update(span.label for span in item.spans)
        else:
            labels.update(ent.label_ for ent in item.ents)
            rename_entities(item, options.types, path)
            found.docs.append(item)
    if texts:
        default = FORMATS[format].unit
        made = make_docs(texts, path, options, default)
        found.docs = made.docs
        found.notices += made.notices
        found.notes += _describe_unit(made, default)
    _settle_blank_tokens(found, path, options.blank_tokens)
    if not found.sentences and not found.docs:
        raise MoeeError("M331", file=path, reason=_describe(found.notices))
    found.labels = sorted(labels)
    dropped = {k: n for k, n in labels.items() if options.types.get(k) == ""}
    found.dropped = Counter(dropped)
    return found


def _settle_blank_tokens(contents: Contents, file: Path, policy: str) -> None:
    """Refuse, keep or drop tokens of white space only."""
    lines: List[int] = []
    for at, sentence in enumerate(contents.sentences):
        blanks = {i for i, word in enumerate(sentence.words) if not word.strip()}
        if not blanks:
            continue
        lines += map(sentence.line_of, sorted(blanks))
        dropped = set() if policy == "keep" else blanks
        kept = [i for i in range(len(sentence.words)) if i not in dropped]
        contents.sentences[at] = sentence._replace(
            # spaCy has no empty tokens
            words=[sentence.words[i] or " " for i in kept],
            tags=[sentence.tags[i] for i in kept if sentence.tags],
            lines=[sentence.line_of(i) for i in kept],
        )
    contents.sentences = [s for s in contents.sentences if s.words]
    if lines and policy == "error":
        expected = "a token. --blank-tokens keep keeps it, and drop leaves it out"
        found = f"blank (in all {len(lines):,}: lines {list_some(lines)})"
        values = {"key": "a token", "found": found, "expected": expected}
        raise Place(file, f"line {lines[0]}").error("M333", **values)
    if lines:
        how = "kept as white space" if policy == "keep" else "left out"
        note = f"{len(lines):,} blank tokens {how}: lines {list_some(lines)}."
        contents.notes.append(note)


def _describe(notices: List[Notice]) -> str:
    """Say why there are no docs."""
    counts = Counter(notice.kind for notice in notices)
    reasons = [f"{n:,} {KINDS[kind]}" for kind, n in counts.most_common()]
    return ", ".join(reasons) or "it is empty"


def _describe_unit(texts: Texts, default: str) -> List[str]:
    """Name the unit of the offsets, if it is not the tool's, or not certain."""
    counts = texts.whole.values()
    if texts.unit == default and (len(set(counts)) > 1 or not any(counts)):
        return []
    other = UTF16 if texts.unit == CODE_POINTS else CODE_POINTS
    return [
        f"Offsets are read as {UNIT_NAMES[texts.unit]}. Spans behind emoji that are "
        f"whole tokens: {texts.whole[texts.unit]:,} this way, "
        f"{texts.whole[other]:,} as {UNIT_NAMES[other]}. Choose with --offsets."
    ]
