"""What files of any format but columns hold: sentences with tags, or docs."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Counter as CounterT
from typing import List, Mapping

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import MoeeError
from .columns import Sentence
from .formats import FORMATS, read_format
from .formats.items import CODE_POINTS, KINDS, UTF16, Annotated, Notice, Options
from .spans import AUTO, Texts, make_docs, rename_entities
from .text import list_some

UNIT_NAMES = {
    CODE_POINTS: "Python's (code points)",
    UTF16: "JavaScript's (UTF-16 code units)",
}


@dataclass
class Contents:
    """What a file holds.

    sentences (List[Sentence]): Its sentences, if it has tags.
    docs (List[Doc]): Its docs, if not.
    labels (List[str]): The types of the docs' entities, as the file names them.
    dropped (Counter[str]): Number of entities of each type that was dropped.
    notices (List[Notice]): What of the file is not in them.
    notes (List[str]): What else a user should know, in sentences.
    """

    sentences: List[Sentence] = field(default_factory=list)
    docs: List[Doc] = field(default_factory=list)
    labels: List[str] = field(default_factory=list)
    dropped: CounterT[str] = field(default_factory=Counter)
    notices: List[Notice] = field(default_factory=list)
    notes: List[str] = field(default_factory=list)


def read_contents(
    path: Path,
    format: str,
    options: Options,
    *,
    types: Mapping[str, str],
    vocab: Vocab,
    offsets: str = AUTO,
) -> Contents:
    """Read a file of any format but columns.

    path (Path): The file, or the folder of a brat corpus.
    format (str): A key of `FORMATS`.
    options (Options): What the reader may want to know.
    types (Mapping[str, str]): New names for the types of docs; "" drops a type.
    vocab (Vocab): The vocabulary of the docs, whose language has the tokenizer.
    offsets (str): What character offsets count; see `make_docs`.
    RETURNS (Contents): Its sentences or docs.
    RAISES (MoeeError): M301, M302, M313 and M315-M318 for a file that can't be read,
        M331-M349 for what is wrong in it.
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
            rename_entities(item, types, path)
            found.docs.append(item)
    if texts:
        default = FORMATS[format].unit
        made = make_docs(texts, path, vocab, types=types, unit=offsets, default=default)
        found.docs = made.docs
        found.notices += made.notices
        found.notes += _describe_unit(made, default)
    _settle_blank_tokens(found, path, options.blank_tokens)
    if not found.sentences and not found.docs:
        raise MoeeError("M331", file=path, reason=_describe(found.notices))
    found.labels = sorted(labels)
    dropped = {label: n for label, n in labels.items() if types.get(label) == ""}
    found.dropped = Counter(dropped)
    return found


def _settle_blank_tokens(contents: Contents, file: Path, policy: str) -> None:
    """Refuse, keep or drop tokens that are nothing but white space."""
    lines: List[int] = []
    for at, sentence in enumerate(contents.sentences):
        blanks = {i for i, word in enumerate(sentence.words) if not word.strip()}
        if not blanks:
            continue
        lines += map(sentence.line_of, sorted(blanks))
        dropped = set() if policy == "keep" else blanks
        kept = [i for i in range(len(sentence.words)) if i not in dropped]
        contents.sentences[at] = Sentence(
            # spaCy has no empty tokens
            [sentence.words[i] or " " for i in kept],
            [sentence.tags[i] for i in kept if sentence.tags],
            sentence.line,
            sentence.document,
            [sentence.line_of(i) for i in kept],
        )
    contents.sentences = [s for s in contents.sentences if s.words]
    if lines and policy == "error":
        expected = "tokens only. --blank-tokens keep keeps it, and drop leaves it out"
        found = f"blank (in all {len(lines):,}: lines {list_some(lines)})"
        values = {"key": "a token", "found": found, "expected": expected}
        raise MoeeError("M333", file=file, where=f"line {lines[0]}", **values)
    if lines:
        how = {"keep": "kept as white space", "drop": "left out"}[policy]
        note = f"{len(lines):,} blank tokens {how}: lines {list_some(lines)}."
        contents.notes.append(note)


def _describe(notices: List[Notice]) -> str:
    """Say why nothing is left."""
    counts = Counter(notice.kind for notice in notices)
    reasons = [f"{n:,} {KINDS[kind]}" for kind, n in counts.most_common()]
    return ", ".join(reasons) or "it is empty"


def _describe_unit(texts: Texts, default: str) -> List[str]:
    """Say what offsets count, if it is not what the tool counts, or not certain."""
    counts = texts.whole.values()
    if texts.unit == default and (len(set(counts)) > 1 or not any(counts)):
        return []
    other = UTF16 if texts.unit == CODE_POINTS else CODE_POINTS
    return [
        f"Offsets are read as {UNIT_NAMES[texts.unit]}. Spans behind emoji that are "
        f"whole tokens: {texts.whole[texts.unit]:,} so, {texts.whole[other]:,} as "
        f"{UNIT_NAMES[other]}. --offsets chooses."
    ]
