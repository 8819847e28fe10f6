from pathlib import Path
from typing import List, Optional, Tuple

import spacy
from spacy.tokens import Doc

from spacy_moee.corpora.convert import Converted, convert_file
from spacy_moee.corpora.options import Options

NLP = spacy.blank("en")
SpanT = Tuple[int, int, str]


def write(folder: Path, text: str, name: str = "data.txt") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf8"))
    return path


def convert(folder: Path, text: str, **options) -> Converted:
    return convert_file(write(folder, text), Options(vocab=NLP.vocab, **options))


def get_spans(doc: Doc) -> List[SpanT]:
    return [(ent.start, ent.end, ent.label_) for ent in doc.ents]


def read_like_conlleval(tags: List[str]) -> List[SpanT]:
    """The spans of startOfChunk and endOfChunk in conlleval.pl, with all their rules
    for B, I, E and O."""
    spans: List[SpanT] = []
    start: Optional[int] = None
    last = ("O", "")
    for i, tag in enumerate([*tags, "O"]):
        letter, _, label = tag.partition("-")
        pair = last[0] + letter
        changes = last[1] != label
        if start is not None and (
            pair in ("BB", "BO", "IB", "IO", "EE", "EI", "EO")
            or (last[0] != "O" and changes)
        ):
            spans.append((start, i, last[1]))
            start = None
        if pair in ("BB", "IB", "OB", "OI", "EE", "EI", "OE") or (
            letter != "O" and changes
        ):
            start = i
        last = (letter, label)
    return spans


def to_standard(tag: str) -> str:
    """A tag of any scheme but IOE, in the letters of IOB."""
    letter, dash, label = tag.partition("-")
    return {"S": "B", "U": "B", "W": "B", "E": "I", "L": "I", "M": "I"}.get(
        letter, letter
    ) + f"{dash}{label}"
