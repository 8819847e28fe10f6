"""The vocabulary of a training with raw text."""

from pathlib import Path
from typing import Callable, Dict, Mapping

from spacy.language import Language
from thinc.api import Model

from ..errors import MoeeError
from ..vocabulary import index_words, normalise, read_vocabulary

CALLBACK = "spacy_moee.read_vocabulary.v1"


def choose_words(
    annotated: Mapping[str, int], raw: Mapping[str, int], min_count: int
) -> Dict[str, int]:
    """Choose the words of a vocabulary: those of the annotated docs, and those that are
    frequent in raw text.

    annotated (Mapping[str, int]): The number of occurrences of each word there.
    raw (Mapping[str, int]): The number of occurrences of each word in raw text.
    min_count (int): The least number of occurrences in raw text.
    RETURNS (Dict[str, int]): The number of occurrences in both of each word, normalised.
    """
    counts: Dict[str, int] = {}
    in_raw: Dict[str, int] = {}
    for word, count in raw.items():
        form = normalise(word)
        in_raw[form] = in_raw.get(form, 0) + count
    known = {*map(normalise, annotated)}
    counts = {w: n for w, n in in_raw.items() if n >= min_count or w in known}
    for word, count in annotated.items():
        form = normalise(word)
        counts[form] = counts.get(form, 0) + count
    return counts


def make_read_vocabulary(path: Path) -> Callable[[Language], Language]:
    """Read the vocabulary of the models that learn from raw text, as `spacy moee
    vocabulary` writes it. Registered as `spacy_moee.read_vocabulary.v1`, a callback for
    [initialize.before_init].

    path (Path): The file.
    RETURNS (Callable[[Language], Language]): The callback.
    RAISES (MoeeError): M611 for a file that is no vocabulary, M612 if no model reads
        one.
    """

    def set_vocabulary(nlp: Language) -> Language:
        words = read_vocabulary(Path(path))
        index = index_words(words)
        for word in words:
            nlp.vocab.strings.add(word)
        nodes = [
            node
            for _, pipe in nlp.components
            if isinstance(model := getattr(pipe, "model", None), Model)
            for node in model.walk()
            if "vocabulary" in node.attrs
        ]
        if not nodes:
            names = ", ".join(nlp.component_names)
            raise MoeeError("M612", names=names, file=path, callback=CALLBACK)
        for node in nodes:
            node.attrs["vocabulary"] = index
        return nlp

    return set_vocabulary
