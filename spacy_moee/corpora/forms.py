"""How a tag is written: B-PER, B_PER, PER-B, PER_B, B or PER, told by all tags of a
file.
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
    Optional,
    Sequence,
    Set,
    Tuple,
)

from ..errors import MoeeError
from .columns import Sentence
from .text import list_some

AUTO = "auto"
AFFIXES: Tuple[str, ...] = (AUTO, "prefix", "suffix")
MISSING = ("-", "_")
IO = "io"
# other names of the four letters in which all schemes are read
STANDARD = {"L": "E", "U": "S", "M": "I", "W": "S"}
# finer type systems have some 100 types; a column of words has thousands
MOST_TYPES = 200
# a type alone; what looks like a letter with a type is rather a tag that is spelled
# in another way, such as b-PER, X-PER or per_b
TYPE = re.compile(r"(?![a-z][\W_])(?!.*[\W_][a-z]$)[^\W\d_].+", re.I | re.S)


class Tag(NamedTuple):
    """A tag in parts: `prefix` is "O", "-" (missing) or one of BIES."""

    prefix: str
    label: str


OUTSIDE = Tag("O", "")
UNKNOWN = Tag("-", "")


class Form(NamedTuple):
    """A way to write a tag.

    affix (str): "prefix" or "suffix", where the letter stands; "" for neither.
    example (str): Such a tag.
    pattern (str): What it looks like, with the groups `letter` and `type`.
    """

    affix: str
    example: str
    pattern: str

    def split(self, tag: str) -> Optional[Tuple[str, str]]:
        """RETURNS (Optional[Tuple[str, str]]): Letter and type, if it is such a tag."""
        match = re.fullmatch(self.pattern, tag, re.DOTALL)
        return (match["letter"], match["type"]) if match else None


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
    """A form that all tags have, and the letter and the type of each tag."""

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
    """The tags of a file, taken apart.

    rows (List[List[Tag]]): Those of each sentence.
    form (Form): How they are written.
    letters (Dict[str, Tuple[int, str]]): Line and text of the first tag with each
        letter that the file has.
    labels (Dict[str, Tuple[int, str]]): The same of each type.
    missing (Dict[str, int]): How many tags are missing, by how that is written.
    """

    rows: List[List[Tag]]
    form: Form
    letters: Dict[str, Tuple[int, str]] = field(default_factory=dict)
    labels: Dict[str, Tuple[int, str]] = field(default_factory=dict)
    missing: Dict[str, int] = field(default_factory=dict)


def parse_tags(
    sentences: Sequence[Sentence],
    file: Path,
    *,
    scheme: str = AUTO,
    affix: str = AUTO,
    label: str = "",
    outside: Sequence[str] = (),
) -> Tags:
    """Take the tags of a file apart.

    sentences (Sequence[Sentence]): All sentences of the file.
    file (Path): Its name, for messages.
    scheme (str): The scheme that was given, or "auto".
    affix (str): Where the letter stands: "prefix", "suffix", or "auto".
    label (str): The type of tags that have none.
    outside (Sequence[str]): What stands for O beside O itself.
    RETURNS (Tags): The tags in parts.
    RAISES (MoeeError): M306 for what is no tag, M319 and M320 if `label` is missing
        or superfluous, M322 if tags can be read in two ways.
    """
    places = _find_places(sentences)
    known = dict.fromkeys(MISSING, UNKNOWN)
    known.update(dict.fromkeys(("O", *outside), OUTSIDE))
    typed = {tag: place for tag, place in places.items() if tag not in known}
    has_outside = any(known.get(tag) is OUTSIDE for tag in places)
    form, parts = _find_form(typed, file, scheme, affix, has_outside)
    _check_label(form, typed, file, label)
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
    """The tags of a file, in the order in which they come."""
    places: Dict[str, Place] = {}
    for sentence in sentences:
        for i, tag in enumerate(sentence.tags):
            line, tokens = places.get(tag) or (sentence.line_of(i), 0)
            places[tag] = Place(line, tokens + 1)
    return places


def _find_form(
    tags: Mapping[str, Place], file: Path, scheme: str, affix: str, has_outside: bool
) -> Fit:
    """The form that all tags have."""
    forms = [form for form in LETTERED if affix in (AUTO, form.affix) or not form.affix]
    fits = [fit for form in forms for fit in _try_form(form, tags)]
    bare = Fit(BARE, {tag: ("", tag) for tag in tags})
    if scheme == IO:
        # I-PER is IO as well, and B-PER would be a type
        return next((fit for fit in fits if fit.letters <= {"I"}), bare)
    if not fits:
        may_be_io = scheme == affix == AUTO and has_outside and len(tags) <= MOST_TYPES
        if may_be_io and all(map(TYPE.fullmatch, tags)):
            return bare
        _refuse(tags, file, forms)
    best, *rivals = fits
    # the usual form, unless another one explains the tags with fewer types
    if best.form is PREFIX:
        rivals = [fit for fit in rivals if fit.n_types < best.n_types]
    if rivals and tags:
        tag, place = next(iter(tags.items()))
        one, other = (" and ".join(fit.parts[tag]) for fit in (best, rivals[0]))
        raise MoeeError(
            "M322", file=file, line=place.line, found=tag, one=one, other=other
        )
    return best


def _try_form(form: Form, tags: Iterable[str]) -> List[Fit]:
    """The form with the parts of the tags, or nothing if one has another form."""
    parts: Dict[str, Tuple[str, str]] = {}
    for tag in tags:
        split = form.split(tag)
        if split is None:
            return []
        parts[tag] = split
    return [Fit(form, parts)]


def _refuse(tags: Mapping[str, Place], file: Path, forms: Sequence[Form]) -> NoReturn:
    """Report the tags that lack the form of most tokens."""

    def coverage(form: Form) -> int:
        return sum(place.tokens for tag, place in tags.items() if form.split(tag))

    form = max(forms, key=coverage)
    odd = {tag: place for tag, place in tags.items() if not form.split(tag)}
    found, *others = odd
    raise MoeeError(
        "M306",
        file=file,
        line=odd[found].line,
        found=found,
        others=f" (and others: {list_some(map(repr, others), 5)})" if others else "",
        count=sum(place.tokens for place in odd.values()),
        example=form.example,
    )


def _check_label(form: Form, tags: Mapping[str, Place], file: Path, label: str) -> None:
    if not tags or bool(label) == (form is UNTYPED):
        return
    tag, place = next(iter(tags.items()))
    code = "M320" if label else "M319"
    raise MoeeError(code, file=file, line=place.line, found=tag, label=label)
