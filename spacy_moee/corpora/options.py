"""The options of a conversion: one record, which every reader is given."""

from dataclasses import dataclass, field
from typing import Literal, Mapping, Optional, Sequence, get_args

from spacy.util import get_lang_class
from spacy.vocab import Vocab, create_vocab

from ..errors import MoeeError
from ..labels import check_label
from .text import UTF8

AUTO: Literal["auto"] = "auto"
COLUMNS: Literal["columns"] = "columns"
CODE_POINTS: Literal["code-points"] = "code-points"
UTF16: Literal["utf-16"] = "utf-16"
FormatT = Literal[
    "auto",
    "columns",
    "prodigy",
    "doccano",
    "label-studio",
    "brat",
    "huggingface",
    "conllu",
    "csv",
    "spacy",
    "text",
    "jsonl",
]
# fmt: off
SchemeT = Literal["auto", "iob1", "iob2", "io", "ioe1", "ioe2", "bioes", "bilou", "bmes", "bmewo"]  # noqa: E501
# fmt: on
AffixT = Literal["auto", "prefix", "suffix"]
GroupT = Literal["sentence", "document"]
BlankTokensT = Literal["error", "keep", "drop"]
OffsetsT = Literal["auto", "code-points", "utf-16"]
CHOICES = {
    "format": get_args(FormatT),
    "scheme": get_args(SchemeT),
    "affix": get_args(AffixT),
    "group": get_args(GroupT),
    "blank_tokens": get_args(BlankTokensT),
    "offsets": get_args(OffsetsT),
}


def make_vocab(lang: str = "en") -> Vocab:
    """Make the vocabulary of a language, without its tokenizer: that may need a
    package that is not installed.

    lang (str): Code of the language.
    RETURNS (Vocab): The vocabulary.
    RAISES (ImportError): spaCy's E048, if it has no such language.
    """
    return create_vocab(lang, get_lang_class(lang).Defaults)


@dataclass(frozen=True)
class Options:
    """How files are converted.

    format (str): The format of the files. "auto" detects it; if a column is given, it
        is "columns".
    scheme (str): The tagging scheme, or "auto" to detect it.
    affix (str): Where the letter of a tag stands: "prefix" as in B-PER, "suffix" as in
        PER-B, or "auto" to detect it.
    label (str): The type of tags that consist of a letter only.
    outside (Sequence[str]): Tags that stand for O, besides O itself.
    types (Mapping[str, str]): New names for entity types; a type whose new name is
        empty is dropped.
    group (str): "sentence" for one doc per sentence, or "document" for one per
        document that the file marks; if it marks none, per sentence.
    token_column (Optional[int]): Column of the token, from 0; a negative number counts
        from the end. By default a header or a column of token numbers decides, and
        without these it is the first column.
    tag_column (Optional[int]): Column of the tag, likewise; by default the last one. A
        file with one column has no tags.
    blank_tokens (str): What to do with tokens of white space only: raise an "error",
        "keep" or "drop" them.
    tag_names (Sequence[str]): The names of tags that are numbers, in their order.
    offsets (str): The unit of character offsets: "code-points", "utf-16", or "auto" for
        the one in which more spans are whole tokens.
    encoding (str): The encoding of the files.
    vocab (Vocab): The vocabulary of the docs, whose language has the tokenizer.
    RAISES (MoeeError): M314 for an unknown choice, M003 for a `label` that can't be an
        entity type.
    """

    format: FormatT = "auto"
    scheme: SchemeT = "auto"
    affix: AffixT = "auto"
    label: str = ""
    outside: Sequence[str] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    group: GroupT = "sentence"
    token_column: Optional[int] = None
    tag_column: Optional[int] = None
    blank_tokens: BlankTokensT = "error"
    tag_names: Sequence[str] = ()
    offsets: OffsetsT = "auto"
    encoding: str = UTF8
    vocab: Vocab = field(default_factory=make_vocab)

    def __post_init__(self) -> None:
        for argument, choices in CHOICES.items():
            found, expected = getattr(self, argument), ", ".join(choices)
            if found not in choices:
                raise MoeeError(
                    "M314", argument=argument, found=found, expected=expected
                )
        if self.label:
            check_label(self.label)
