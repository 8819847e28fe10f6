"""One thread or all of them: words/s of `nlp.pipe`, on the same docs in turns.

    python -m benchmarks.threads MODEL ... --corpus FILE.spacy

sentences  the docs of the corpus, as they are
articles   the same, 30 docs joined to one with sentence starts
text       the same joined docs without sentence starts, which are read in windows

The model's setting `threads` is 1, as it is by default, and 0, for as many as torch
uses itself. A ratio above 1 says how many times faster one thread is: the median of
the rounds.
"""

from pathlib import Path
from statistics import median
from typing import Dict, List, Union

import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc

from .inference import WARM_UP, read_words, time_docs
from .machine import describe, format_line, format_table, make_parser

KINDS = ("sentences", "articles", "text")
JOINED = 30


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


def compare(model: Path, corpus: Path, limit: int, rounds: int) -> Dict[str, float]:
    """Tag docs of each kind with one thread and with all, and print the table.

    model (Path): A trained pipeline.
    corpus (Path): A .spacy file with a sentence a doc.
    limit (int): How many sentences; 0 for all.
    rounds (int): How often.
    RETURNS (Dict[str, float]): For each kind, how many times faster one thread is.
    """
    pipelines = {
        n: spacy.load(model, config={"components.moee_ner.model.threads": n})
        for n in (1, 0)
    }
    sentences = read_words(pipelines[1], corpus)[: limit or None]
    n_words = sum(map(len, sentences))
    ratios, rows = {}, []
    for kind in KINDS:
        seconds: Dict[int, List[float]] = {1: [], 0: []}
        for nlp in pipelines.values():
            time_docs(nlp, make_docs(nlp, sentences[:WARM_UP], kind))
        for _ in range(rounds):
            for n, nlp in pipelines.items():
                seconds[n].append(time_docs(nlp, make_docs(nlp, sentences, kind)))
        pairs = zip(seconds[0], seconds[1], strict=True)
        ratios[kind] = median(every / one for every, one in pairs)
        one, every = (f"{n_words / median(seconds[n]):,.0f}" for n in (1, 0))
        rows.append([kind, one, every, f"{ratios[kind]:.2f}"])
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
