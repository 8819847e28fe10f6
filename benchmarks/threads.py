"""One thread or all of them: words/s of `nlp.pipe`, on the same docs in turns.

    python -m benchmarks.threads MODEL ... --corpus FILE.spacy

sentences  the docs of the corpus, as they are
articles   the same, 30 docs joined to one with sentence starts
text       the same joined docs without sentence starts, which are read in windows

The model's setting `threads` is 1, as it is by default, and 0, for as many as torch
uses itself. A ratio above 1 says how many times faster one thread is: the median of
the rounds.
"""

from functools import partial
from pathlib import Path
from typing import Dict, List, Union

import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc

from .inference import WARM_UP, read_words, time_docs
from .machine import describe, format_line, format_table, make_parser
from .turns import take_turns

KINDS = ("sentences", "articles", "text")
JOINED = 30
ONE, EVERY = "one", "every"


def make_docs(nlp: Language, sentences: List[List[str]], kind: str) -> List[Doc]:
    """Make docs of one kind, without annotation but for sentence starts.

    nlp (Language): Whose vocabulary they have.
    sentences (List[List[str]]): The words of each sentence.
    kind (str): One of `KINDS`.
    RETURNS (List[Doc]): The docs.
    """
    if kind == "sentences":
        return [Doc(nlp.vocab, words=words) for words in sentences]
    docs = []
    for i in range(0, len(sentences), JOINED):
        block = sentences[i : i + JOINED]
        words = [word for sentence in block for word in sentence]
        starts: List[Union[bool, int, None]]
        starts = [not j for sentence in block for j in range(len(sentence))]
        known = starts if kind == "articles" else None
        docs.append(Doc(nlp.vocab, words=words, sent_starts=known))
    return docs


def time_kind(nlp: Language, sentences: List[List[str]], kind: str) -> float:
    """Make docs of one kind, and time `nlp.pipe`. RETURNS (float): Its seconds."""
    return time_docs(nlp, make_docs(nlp, sentences, kind))


def compare(model: Path, corpus: Path, limit: int, rounds: int) -> Dict[str, float]:
    """Tag docs of each kind with one thread and with all, and print the table.

    model (Path): A trained pipeline.
    corpus (Path): A .spacy file with a sentence a doc.
    limit (int): How many sentences; 0 for all.
    rounds (int): How often.
    RETURNS (Dict[str, float]): For each kind, how many times faster one thread is.
    """
    pipelines = {
        name: spacy.load(model, config={"components.moee_ner.model.threads": n})
        for name, n in ((ONE, 1), (EVERY, 0))
    }
    sentences = read_words(pipelines[ONE], corpus)[: limit or None]
    n_words = sum(map(len, sentences))
    ratios, rows = {}, []
    for kind in KINDS:
        for nlp in pipelines.values():
            time_kind(nlp, sentences[:WARM_UP], kind)
        calls = {
            n: partial(time_kind, x, sentences, kind) for n, x in pipelines.items()
        }
        turns = take_turns(calls, rounds)
        ratios[kind] = turns.ratio(EVERY, ONE)
        speeds = [f"{n_words / turns.median(name):,.0f}" for name in (ONE, EVERY)]
        rows.append([kind, *speeds, f"{ratios[kind]:.2f}"])
    head = ["words/s", "1 thread", f"{torch.get_num_threads()} threads", "ratio"]
    print(f"\n{model}{format_table(head, rows)}")
    return ratios


def main() -> None:
    """Read the command line, measure, print a line for each pipeline."""
    parser = make_parser("threads", __doc__)
    parser.add_argument("models", nargs="+", type=Path, help="trained pipelines")
    parser.add_argument("--corpus", type=Path, required=True, help=".spacy file")
    parser.add_argument("--limit", type=int, default=0, help="sentences; 0: all")
    parser.add_argument("--rounds", type=int, default=5, help="how often")
    args = parser.parse_args()
    print(describe())
    for model in args.models:
        print(format_line(compare(model, args.corpus, args.limit, args.rounds)))


if __name__ == "__main__":
    main()
