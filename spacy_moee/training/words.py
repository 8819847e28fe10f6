"""The vocabulary of a training with raw text."""

from collections import Counter
from pathlib import Path
from typing import Callable, Dict, Mapping, Set

from spacy.language import Language
from thinc.api import Model

from ..errors import MoeeError
from ..vocabulary import index_words, normalise, read_vocabulary

CALLBACK = "spacy_moee.read_vocabulary.v1"
# settings of `spacy_moee.MixedCorpus.v1` that name text with words of any kind; in
# other text every word is wanted
RAW = {"source", "target"}


def choose_words(
    counts: Mapping[str, Mapping[str, int]], min_count: int
) -> Dict[str, int]:
    """Choose the words of a vocabulary: those that are frequent in the raw text of both
    domains, and all words of the annotated docs and of the test text, if it is read.

    counts (Mapping[str, Mapping[str, int]]): What `MixedCorpus.count_words` returned.
    min_count (int): The least number of occurrences in the raw text.
    RETURNS (Dict[str, int]): The number of occurrences in all text of each word, with
        every digit as 0.
    """
    total: Dict[str, int] = Counter()
    raw: Dict[str, int] = Counter()
    known: Set[str] = set()
    for setting, words in counts.items():
        for word, count in words.items():
            form = normalise(word)
            total[form] += count
            if setting in RAW:
                raw[form] += count
            else:
                known.add(form)
    return {
        word: count
        for word, count in total.items()
        if word in known or raw[word] >= min_count
    }


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
