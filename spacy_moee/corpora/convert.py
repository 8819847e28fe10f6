"""Files with tokens and tags -> spaCy docs with gold entities, and their counts."""

from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Union

from spacy.tokens import Doc
from spacy.util import get_lang_class
from spacy.vocab import Vocab, create_vocab

from ..errors import MoeeError
from ..tags import check_label
from .columns import BLANK_TOKENS, Sentence, read_columns
from .contents import Contents, read_contents
from .converted import Converted, count_docs
from .detect import COLUMNS, detect_format
from .formats import FORMATS
from .formats.items import Options
from .forms import AFFIXES, AUTO, BARE, PREFIX, Tags, parse_tags
from .schemes import SCHEMES, count_entities, illegal_lines, resolve_scheme, to_iob
from .spans import UNITS
from .text import UTF8

GROUPS = ("sentence", "document")
FILE_FORMATS = (AUTO, COLUMNS, *FORMATS)
# what the network reads at once by default; no sentence of the corpora that we know
# has more than 160 tokens
LONG_SENTENCE = 256
# the longest article of these corpora has 7,061 tokens
LONG_DOCUMENT = 10_000
FULL_STOPS = frozenset(".?!。？！")


def convert_file(
    path: Path,
    *,
    format: str = AUTO,
    scheme: str = AUTO,
    affix: str = AUTO,
    label: str = "",
    outside: Sequence[str] = (),
    group: str = "sentence",
    types: Optional[Mapping[str, str]] = None,
    token_column: Optional[int] = None,
    tag_column: Optional[int] = None,
    blank_tokens: str = "error",
    tag_names: Sequence[str] = (),
    offsets: str = AUTO,
    encoding: str = UTF8,
    vocab: Optional[Vocab] = None,
) -> Converted:
    """Read a file into docs with entities.

    path (Path): The file, or the folder of a brat corpus.
    format (str): One of `FILE_FORMATS`; "auto" detects it, and is "columns" if one of
        these is given.
    scheme, affix, label, outside, group, types, vocab: See `convert_sentences`.
    token_column, tag_column, blank_tokens, encoding: See `read_columns`.
    tag_names (Sequence[str]): What numbers mean that stand for tags, in their order.
    offsets (str): What character offsets count: "code-points", "utf-16", or "auto" to
        find it out.
    RETURNS (Converted): The docs and their counts.
    RAISES (MoeeError): M301-M309, M313-M324 and M330-M349 for a file or an argument
        that can't be read.
    """
    path, types = Path(path), types or {}
    vocab = make_vocab("en") if vocab is None else vocab
    _check_choice("format", format, FILE_FORMATS)
    _check_choice("blank_tokens", blank_tokens, BLANK_TOKENS)
    _check_choice("group", group, GROUPS)
    _check_choice("offsets", offsets, UNITS)
    has_columns = token_column is not None or tag_column is not None
    if format == AUTO:
        format = COLUMNS if has_columns else detect_format(path, encoding)
    if format == COLUMNS:
        columns = read_columns(
            path,
            token_column=token_column,
            tag_column=tag_column,
            blank_tokens=blank_tokens,
            encoding=encoding,
        )
        contents = Contents(columns.sentences, notes=columns.notes)
    else:
        options = Options(group, tag_names, vocab, encoding, blank_tokens)
        contents = read_contents(
            path, format, options, types=types, vocab=vocab, offsets=offsets
        )
    if contents.docs:
        return count_docs(path, format, contents)
    found = convert_sentences(
        contents.sentences,
        path,
        scheme=scheme,
        affix=affix,
        label=label,
        outside=outside,
        group=group,
        types=types,
        vocab=vocab,
        notes=contents.notes,
    )
    found.format, found.notices = format, contents.notices
    return found


def convert_sentences(
    sentences: Sequence[Sentence],
    path: Path,
    *,
    scheme: str = AUTO,
    affix: str = AUTO,
    label: str = "",
    outside: Sequence[str] = (),
    group: str = "sentence",
    types: Optional[Mapping[str, str]] = None,
    vocab: Optional[Vocab] = None,
    notes: Sequence[str] = (),
) -> Converted:
    """Turn sentences that were read into docs with entities.

    sentences (Sequence[Sentence]): All sentences of one file, whatever its format.
    path (Path): The file they come from, for messages.
    scheme (str): One of `SCHEMES`; "auto" detects it.
    affix (str): Where the letter of a tag stands: "prefix" as in B-PER, "suffix" as in
        PER-B, or "auto" to detect it.
    label (str): The type of tags that are a letter only.
    outside (Sequence[str]): Tags that stand for O, beside O itself.
    group (str): "sentence" for one doc a sentence, "document" for one doc for each
        value of `Sentence.document`.
    types (Optional[Mapping[str, str]]): New names for entity types; a type whose new
        name is empty is dropped.
    vocab (Optional[Vocab]): Vocabulary of the docs, by default a blank English one.
    notes (Sequence[str]): What the reader has to say, for `Converted.notes`.
    RETURNS (Converted): The docs and their counts.
    RAISES (MoeeError): M306-M308, M319, M320, M322 for tags that can't be read, M309
        if there is no sentence, M314 for an unknown choice, M003 and M324 for what
        can't be a type.
    """
    _check_choice("scheme", scheme, SCHEMES)
    _check_choice("affix", affix, AFFIXES)
    _check_choice("group", group, GROUPS)
    if label:
        check_label(label)
    if not sentences:
        raise MoeeError("M309", file=path)
    types = types or {}
    tags = parse_tags(
        sentences, path, scheme=scheme, affix=affix, label=label, outside=outside
    )
    _check_types(tags, types, path)
    scheme = resolve_scheme(scheme, tags, path)
    iob = [
        to_iob(row, scheme, types) if row else [""] * len(sentence.words)
        for sentence, row in zip(sentences, tags.rows, strict=True)
    ]
    vocab = make_vocab("en") if vocab is None else vocab
    longest = max(sentences, key=lambda sentence: len(sentence.words))
    found = count_entities(tags, scheme)
    return Converted(
        path=path,
        docs=_make_docs(vocab, sentences, iob, group),
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
        notes=[*notes, *_describe_form(tags)],
    )


def make_vocab(lang: str) -> Vocab:
    """Make the vocabulary of a language without its tokenizer, which may need a
    package that is not installed.

    lang (str): Code of the language.
    RETURNS (Vocab): The vocabulary.
    RAISES (ImportError): spaCy's E048, if it has no such language.
    """
    return create_vocab(lang, get_lang_class(lang).Defaults)


def _check_choice(argument: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        expected = ", ".join(choices)
        raise MoeeError("M314", argument=argument, found=value, expected=expected)


def _check_types(tags: Tags, types: Mapping[str, str], path: Path) -> None:
    """Check the types that the docs will have."""
    for old, (line, tag) in tags.labels.items():
        new = types.get(old, old)
        try:
            if new or old not in types:
                check_label(new)
        except MoeeError as err:
            raise MoeeError(
                "M324",
                file=path,
                line=line,
                tag=tag,
                label=new,
                reason=err.values["reason"],
                old=old,
            ) from None


def _describe_form(tags: Tags) -> List[str]:
    if tags.form is PREFIX:
        return []
    if tags.form is BARE:
        return ["Each tag is a type, without a letter."]
    return [f"Tags are written like {tags.form.example}."]


def _count_long(sentences: Sequence[Sentence]) -> int:
    """Sentences that are long, or the only one if there are full stops inside."""
    n_long = sum(len(sentence.words) > LONG_SENTENCE for sentence in sentences)
    if n_long or len(sentences) > 1:
        return n_long
    return int(sum(word in FULL_STOPS for word in sentences[0].words[:-1]) > 2)


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

    text (str): Such as "person=PER,organisation=ORG,date=".
    RETURNS (Dict[str, str]): New name of each old one, empty for one to drop.
    RAISES (MoeeError): M003 for a new name that can't be a type, M311 for an item that
        is not OLD=NEW, or an OLD given twice.
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
