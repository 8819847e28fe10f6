"""The memory that one very long doc takes.

`python -m benchmarks.long_doc MODEL CORPUS`, in a fresh process: loads the pipeline,
tags a short doc, makes one long doc without sentence starts, and only then starts to
measure: how far the peak of the resident memory rises while the doc is tagged. With
`--distinct` no two of its words are the same.
"""

import argparse
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Dict, List

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from spacy_moee.experiments.run.memory import peak_mb, resident_mb

from .machine import format_line, one_thread

WARM_UP = 100
CLEAR = Path("/proc/self/clear_refs")


def measure(nlp: Language, words: List[str], n_tokens: int) -> Dict[str, float]:
    """Tag a long doc.

    nlp (Language): The pipeline, just loaded.
    words (List[str]): Words that are repeated as often as needed.
    n_tokens (int): The length of the doc.
    RETURNS (Dict[str, float]): MB of the doc itself, made before the measurement,
        and MB added at the peak.
    """
    nlp(Doc(nlp.vocab, words=words[:WARM_UP]))
    before = resident_mb()
    doc = Doc(nlp.vocab, words=list(islice(cycle(words), n_tokens)))
    start = reset_peak()
    nlp(doc)
    assert len(doc) == n_tokens
    return {"doc_mb": max(0.0, start - before), "long_doc_mb": peak_mb() - start}


def reset_peak() -> float:
    """Set the peak to what is resident now. Where the system can't do that (other
    than Linux), the start is the peak so far, of loading the pipeline mostly.

    RETURNS (float): MB at the start.
    """
    try:
        CLEAR.write_text("5", encoding="ascii")
    except OSError:
        return peak_mb()
    return resident_mb()


def main() -> None:
    """Measure, and print one line of key=value."""
    parser = argparse.ArgumentParser(prog="benchmarks.long_doc", description=__doc__)
    parser.add_argument("model", type=Path, help="a pipeline's folder")
    parser.add_argument("corpus", type=Path, help="a .spacy file, for its words")
    parser.add_argument("--tokens", type=int, default=100_000)
    parser.add_argument("--distinct", action="store_true", help="number the words")
    args = parser.parse_args()
    one_thread()
    nlp = spacy.load(args.model)
    docs = DocBin().from_disk(args.corpus).get_docs(nlp.vocab)
    words = [token.text for token in chain.from_iterable(docs)]
    if args.distinct:
        words = [
            f"{word}{i}" for i, word in enumerate(islice(cycle(words), args.tokens))
        ]
    print(format_line(measure(nlp, words, args.tokens)))


if __name__ == "__main__":
    main()
