"""Words a second of `nlp.pipe`, and of the two that it is compared with."""

import time
from pathlib import Path
from statistics import median
from typing import Dict, List, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc, DocBin

from .baselines import BareLSTM, Sizes

WARM_UP = 64
OURS, BARE, SPACY = "moee_ner", "bare LSTM", "spaCy ner"


class Rounds(NamedTuple):
    """What each round measured.

    speeds (Dict[str, List[float]]): Words a second.
    """

    speeds: Dict[str, List[float]]

    def median(self, name: str) -> float:
        """RETURNS (float): The median words a second of one of them."""
        return median(self.speeds[name])

    def ratio(self, name: str, other: str = BARE) -> float:
        """RETURNS (float): The median of the rounds' ratios."""
        pairs = zip(self.speeds[name], self.speeds[other], strict=True)
        return median(one / two for one, two in pairs)


def read_words(nlp: Language, path: Path) -> List[List[str]]:
    """Read the words of a corpus.

    nlp (Language): Whose vocabulary is used.
    path (Path): A .spacy file.
    RETURNS (List[List[str]]): Those of each doc.
    """
    docs = DocBin().from_disk(path).get_docs(nlp.vocab)
    return [[token.text for token in doc] for doc in docs]


def time_inference(
    ours: Language, spacy_ner: Language, texts: List[List[str]], rounds: int
) -> Rounds:
    """Tag the same docs with both pipelines, and run a bare padded LSTM of our
    pipeline's sizes over their lengths. They take turns. The docs are made before the
    timing: they hold words, and no annotation.

    ours (Language): The pipeline with `moee_ner`.
    spacy_ner (Language): The pipeline with spaCy's `ner`.
    texts (List[List[str]]): The words of each doc.
    rounds (int): The number of rounds.
    RETURNS (Rounds): Words a second.
    """
    pipelines = {OURS: ours, SPACY: spacy_ner}
    bare = BareLSTM(Sizes.of(ours), [len(words) for words in texts])
    n_words = sum(map(len, texts))
    for nlp in pipelines.values():
        time_pipe(nlp, texts[:WARM_UP])
    speeds: Dict[str, List[float]] = {OURS: [], BARE: [], SPACY: []}
    for _ in range(rounds):
        speeds[OURS].append(n_words / time_pipe(ours, texts))
        speeds[BARE].append(n_words / bare.predict())
        speeds[SPACY].append(n_words / time_pipe(spacy_ner, texts))
    return Rounds(speeds)


def time_pipe(nlp: Language, texts: List[List[str]]) -> float:
    """Time `nlp.pipe` over new docs.

    nlp (Language): The pipeline.
    texts (List[List[str]]): The words of each doc.
    RETURNS (float): Seconds.
    """
    return time_docs(nlp, [Doc(nlp.vocab, words=words) for words in texts])


def time_docs(nlp: Language, docs: List[Doc]) -> float:
    """Time `nlp.pipe` over docs that are there.

    nlp (Language): The pipeline.
    docs (List[Doc]): The docs.
    RETURNS (float): Seconds.
    """
    started = time.perf_counter()
    for _ in nlp.pipe(docs):
        pass
    return time.perf_counter() - started
