from pathlib import Path
from typing import List, Tuple

import spacy
from spacy.tokens import Doc

from spacy_moee.corpora.convert import Converted, convert_file

NLP = spacy.blank("en")
SpanT = Tuple[int, int, str]


def write(folder: Path, text: str, name: str = "data.txt") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf8"))
    return path


def convert(folder: Path, text: str, **options) -> Converted:
    return convert_file(write(folder, text), vocab=NLP.vocab, **options)


def get_spans(doc: Doc) -> List[SpanT]:
    return [(ent.start, ent.end, ent.label_) for ent in doc.ents]
