"""What a document's memory costs: seconds of `nlp.pipe`, on the same docs in turns.

    python -m benchmarks.memory MODEL ... --corpus FILE.spacy

Docs are read without their sentence starts. A ratio is that of a memory with the
default settings to none, the median of the rounds: with the scores of entities, which
is the default of the component, and without. One thread.
"""

from functools import partial
from pathlib import Path
from typing import Any, Dict, List

import spacy
from spacy.language import Language

from spacy_moee.models.memory import NO_MEMORY, DocumentMemory, make_document_memory

from .inference import WARM_UP, compare_settings, read_words, time_pipe
from .machine import format_table
from .turns import take_turns

MEMORIES = {"off": NO_MEMORY, "memory": make_document_memory()}
SCORES: Dict[str, Any] = {"": {}, ", no scores": {"scores_key": None}}


def compare(model: Path, corpus: Path, limit: int, rounds: int) -> Dict[str, float]:
    """Tag docs with a memory and without, and print the table.

    model (Path): A trained pipeline, whose component is named moee_ner.
    corpus (Path): A .spacy file.
    limit (int): How many docs; 0 for all.
    rounds (int): How often.
    RETURNS (Dict[str, float]): How many times longer it takes with a memory, with
        scores and without.
    """
    calls: Dict[str, Any] = {}
    words: List[List[str]] = []
    for scored, settings in SCORES.items():
        nlp = spacy.load(model, config={"components": {"moee_ner": settings}})
        ner: Any = nlp.get_pipe("moee_ner")
        words = words or read_words(nlp, corpus)[: limit or None]
        time_pipe(nlp, words[:WARM_UP])
        for name, memory in MEMORIES.items():
            calls[name + scored] = partial(_time, nlp, ner, memory, words)
    turns = take_turns(calls, rounds)
    n_words = sum(map(len, words))
    ratios = {f"memory{x}": turns.ratio(f"memory{x}", f"off{x}") for x in SCORES}
    rows = [
        [name, f"{n_words / turns.median(name):,.0f}", f"{ratios.get(name, 1):.3f}"]
        for name in calls
    ]
    print(f"\n{model}{format_table(['nlp.pipe', 'words/s', 'ratio'], rows)}")
    return ratios


def _time(
    nlp: Language, ner: Any, memory: DocumentMemory, words: List[List[str]]
) -> float:
    ner.model.attrs["memory"] = memory
    return time_pipe(nlp, words)


if __name__ == "__main__":
    compare_settings("memory", __doc__, compare)
