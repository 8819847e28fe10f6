"""Words a second of `nlp.pipe`, and of the two that it is compared with."""

from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import Callable, Dict, List

from spacy.language import Language
from spacy.tokens import Doc, DocBin

from .baselines import BareLSTM, Sizes
from .machine import format_line, make_parser, one_thread
from .turns import Timed, Turns, take_turns, timed

WARM_UP = 64
OURS, BARE, SPACY = "moee_ner", "bare LSTM", "spaCy ner"


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
) -> Turns:
    """Tag the same docs with both pipelines, and run a bare padded LSTM of our
    pipeline's sizes over their lengths. The docs are made before the timing: they hold
    words, and no annotation.

    ours (Language): The pipeline with `moee_ner`.
    spacy_ner (Language): The pipeline with spaCy's `ner`.
    texts (List[List[str]]): The words of each doc.
    rounds (int): The number of rounds.
    RETURNS (Turns): Seconds.
    """
    bare = BareLSTM(Sizes.of(ours), [len(words) for words in texts])
    for nlp in (ours, spacy_ner):
        time_pipe(nlp, texts[:WARM_UP])
    calls: Dict[str, Timed] = {
        OURS: partial(time_pipe, ours, texts),
        BARE: bare.predict,
        SPACY: partial(time_pipe, spacy_ner, texts),
    }
    return take_turns(calls, rounds)


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
    return timed(lambda: list(nlp.pipe(docs)))


def read_arguments(name: str, description: str, rounds: int) -> Namespace:
    """Read the command line of a benchmark that tags docs with pipelines in turns.

    name (str): The benchmark's name.
    description (Optional[str]): What it measures.
    rounds (int): How often, by default.
    RETURNS (Namespace): models, corpus, limit and rounds.
    """
    parser = make_parser(name, description)
    parser.add_argument("models", nargs="+", type=Path, help="trained pipelines")
    parser.add_argument("--corpus", type=Path, required=True, help=".spacy file")
    parser.add_argument("--limit", type=int, default=0, help="docs; 0: all")
    parser.add_argument("--rounds", type=int, default=rounds, help="how often")
    return parser.parse_args()


def compare_settings(
    name: str, description: str, compare: Callable[[Path, Path, int, int], Dict]
) -> None:
    """Read the command line of a benchmark that compares settings of one pipeline,
    measure, print a line for each pipeline.

    name (str): The benchmark's name.
    description (str): What it measures.
    compare (Callable): Takes a trained pipeline, a .spacy file, the number of docs, 0
        for all, and of rounds; returns ratios by name.
    """
    args = read_arguments(name, description, rounds=9)
    one_thread()
    for model in args.models:
        print(format_line(compare(model, args.corpus, args.limit, args.rounds)))
