"""What confidence costs: seconds of `nlp.pipe`, on the same docs in turns.

    python -m benchmarks.confidence MODEL ... --corpus FILE.spacy

off      neither scores nor gates
scores   the probability of each entity, and that of entity detection
gates    the weights of the experts

A ratio is that to `off`: the median of the rounds. One thread.
"""

from functools import partial
from pathlib import Path
from typing import Any, Dict

import spacy

from .inference import WARM_UP, compare_settings, read_words, time_pipe
from .machine import format_table
from .turns import take_turns

OFF = "off"
SETTINGS: Dict[str, Dict[str, Any]] = {
    OFF: {"scores_key": None, "gates": False},
    "scores": {"gates": False},
    "gates": {"scores_key": None, "gates": True},
}


def compare(model: Path, corpus: Path, limit: int, rounds: int) -> Dict[str, float]:
    """Tag docs with each of the settings, and print the table.

    model (Path): A trained pipeline, whose component is named moee_ner.
    corpus (Path): A .spacy file.
    limit (int): How many docs; 0 for all.
    rounds (int): How often.
    RETURNS (Dict[str, float]): For each of the settings, how many times longer it takes
        than none.
    """
    pipelines = {
        name: spacy.load(model, config={"components": {"moee_ner": settings}})
        for name, settings in SETTINGS.items()
    }
    texts = read_words(pipelines[OFF], corpus)[: limit or None]
    for nlp in pipelines.values():
        time_pipe(nlp, texts[:WARM_UP])
    calls = {name: partial(time_pipe, nlp, texts) for name, nlp in pipelines.items()}
    turns = take_turns(calls, rounds)
    ratios = {name: turns.ratio(name, OFF) for name in SETTINGS}
    n_words = sum(map(len, texts))
    rows = [
        [name, f"{n_words / turns.median(name):,.0f}", f"{ratio:.3f}"]
        for name, ratio in ratios.items()
    ]
    print(f"\n{model}{format_table(['nlp.pipe', 'words/s', 'ratio'], rows)}")
    return ratios


if __name__ == "__main__":
    compare_settings("confidence", __doc__, compare)
