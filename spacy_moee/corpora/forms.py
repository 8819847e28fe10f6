"""The notation of tags: B-PER, B_PER, PER-B, PER_B, B or PER, detected from all tags
of a file.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import (
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    NoReturn,
    Sequence,
    Set,
    Tuple,
)

from ..errors import MoeeError
from .columns import Sentence
from .options import AUTO, Options
from .text import list_some

MISSING = ("-", "_")
# other names of the four letters BIES
STANDARD = {"L": "E", "U": "S", "M": "I", "W": "S"}
# fine-grained corpora have about 100 types; a column of words has thousands
MOST_TYPES = 200
# a type alone, but no misspelled tag such as b-PER, X-PER or per_b
TYPE = re.compile(r"(?![a-z][\W_])(?!.*[\W_][a-z]$)[^\W\d_].+", re.I | re.S)


class Tag(NamedTuple):
    """A tag in parts: `prefix` is "O", "-" (missing) or one of BIES."""

    prefix: str
    label: str


OUTSIDE = Tag("O", "")
UNKNOWN = Tag("-", "")


class Form(NamedTuple):
    """A notation of tags.

    affix (str): Where the letter stands, "prefix" or "suffix"; "" for neither.
    example (str): A tag in this notation.
    pattern (str): Its regular expression, with the groups `letter` and `type`.
    """

    affix: str
    example: str
    pattern: str

    def split(self, tags: Iterable[str]) -> Dict[str, Tuple[str, str]]:
        """RETURNS (Dict[str, Tuple[str, str]]): Letter and type of the tags that have
        this form."""
        found = {tag: re.fullmatch(self.pattern, tag, re.DOTALL) for tag in tags}
        return {tag: (m["letter"], m["type"]) for tag, m in found.items() if m}


LETTER = "(?P<letter>[BIESLUMW])"
PREFIX = Form("prefix", "B-PER", f"{LETTER}-(?P<type>.+)")
UNTYPED = Form("", "B", f"{LETTER}(?P<type>)")
BARE = Form("", "PER", "(?P<letter>)(?P<type>.+)")
LETTERED = (
    PREFIX,
    Form("prefix", "B_PER", f"{LETTER}_(?P<type>.+)"),
    Form("suffix", "PER-B", f"(?P<type>.+)-{LETTER}"),
    Form("suffix", "PER_B", f"(?P<type>.+)_{LETTER}"),
    UNTYPED,
)


class Fit(NamedTuple):
    """The form of all tags, and the letter and the type of each tag."""

    form: Form
    parts: Dict[str, Tuple[str, str]]

    @property
    def letters(self) -> Set[str]:
        return {letter for letter, _ in self.parts.values()}

    @property
    def n_types(self) -> int:
        return len({type_ for _, type_ in self.parts.values()})


class Place(NamedTuple):
    """The line on which a tag was first found, and how many tokens have it."""

    line: int
    tokens: int


@dataclass
class Tags:
    """The tags of a file, split into parts.

    rows (List[List[Tag]]): The tags of each sentence.
    form (Form): Their notation.
    letters (Dict[str, Tuple[int, str]]): Line and text of the first tag with each
        letter of the file.
    labels (Dict[str, Tuple[int, str]]): The same for each type.
    missing (Dict[str, int]): Number of missing tags, by how they are written.
    """

    rows: List[List[Tag]]
    form: Form
    letters: Dict[str, Tuple[int, str]] = field(default_factory=dict)
    labels: Dict[str, Tuple[int, str]] = field(default_factory=dict)
    missing: Dict[str, int] = field(default_factory=dict)


def parse_tags(sentences: Sequence[Sentence], file: Path, options: Options) -> Tags:
    """Split the tags of a file into letters and types.

    sentences (Sequence[Sentence]): All sentences of the file.
    file (Path): The file, for messages.
    options (Options): The options of the conversion.
    RETURNS (Tags): The tags in parts.
    RAISES (MoeeError): M306 for an invalid tag, M319 and M320 if `label` is missing or
        superfluous, M322 if the tags can be read in two ways.
    """
    places = _find_places(sentences)
    known = dict.fromkeys(MISSING, UNKNOWN)
    known.update(dict.fromkeys(("O", *options.outside), OUTSIDE))
    typed = {tag: place for tag, place in places.items() if tag not in known}
    has_outside = any(known.get(tag) is OUTSIDE for tag in places)
    form, parts = _find_form(typed, file, options, has_outside)
    label = options.label
    if typed and bool(label) != (form is UNTYPED):
        tag, place = next(iter(typed.items()))
        code = "M320" if label else "M319"
        raise MoeeError(code, file=file, line=place.line, found=tag, label=label)
    found = Tags([], form)
    for tag, (letter, type_) in parts.items():
        # a type alone is IO
        letter, type_ = letter or "I", type_ or label
        found.letters.setdefault(letter, (typed[tag].line, tag))
        found.labels.setdefault(type_, (typed[tag].line, tag))
        known[tag] = Tag(STANDARD.get(letter, letter), type_)
    found.rows = [[known[tag] for tag in sentence.tags] for sentence in sentences]
    found.missing = {
        tag: place.tokens for tag, place in places.items() if known[tag] is UNKNOWN
    }
    return found


def _find_places(sentences: Sequence[Sentence]) -> Dict[str, Place]:
    """List the distinct tags of a file, in order."""
    places: Dict[str, Place] = {}
    for sentence in sentences:
        for i, tag in enumerate(sentence.tags):
            line, tokens = places.get(tag) or (sentence.line_of(i), 0)
            places[tag] = Place(line, tokens + 1)
    return places


def _find_form(
    tags: Mapping[str, Place], file: Path, options: Options, has_outside: bool
) -> Fit:
    """Find the form of all tags."""
    affix, is_auto = options.affix, options.scheme == options.affix == AUTO
    forms = [form for form in LETTERED if affix in (AUTO, form.affix) or not form.affix]
    tried = [Fit(form, form.split(tags)) for form in forms]
    fits = [fit for fit in tried if len(fit.parts) == len(tags)]
    bare = Fit(BARE, {tag: ("", tag) for tag in tags})
    if options.scheme == "io":
        # I-PER is IO as well, and B-PER would be a type
        return next((fit for fit in fits if fit.letters <= {"I"}), bare)
    if not fits:
        may_be_io = is_auto and has_outside and len(tags) <= MOST_TYPES
        if may_be_io and all(map(TYPE.fullmatch, tags)):
            return bare
        _refuse(tags, file, tried)
    best, *rivals = fits
    # the usual form, unless another one gives fewer types
    if best.form is PREFIX:
        rivals = [fit for fit in rivals if fit.n_types < best.n_types]
    if rivals and tags:
        tag, place = next(iter(tags.items()))
        one, other = (" and ".join(fit.parts[tag]) for fit in (best, rivals[0]))
        raise MoeeError(
            "M322", file=file, line=place.line, found=tag, one=one, other=other
        )
    return best


def _refuse(tags: Mapping[str, Place], file: Path, tried: Sequence[Fit]) -> NoReturn:
    """Report the tags that do not have the form of most tokens."""
    best = max(tried, key=lambda fit: sum(tags[tag].tokens for tag in fit.parts))
    odd = {tag: place for tag, place in tags.items() if tag not in best.parts}
    found, *rest = odd
    raise MoeeError(
        "M306",
        file=file,
        line=odd[found].line,
        found=found,
        others=f" (and others: {list_some(map(repr, rest), 5)})" if rest else "",
        count=sum(place.tokens for place in odd.values()),
        example=best.form.example,
    )
