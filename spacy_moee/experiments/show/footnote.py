"""What stands beside the main table: what it shows, and what it does not."""

from typing import Dict, List, Sequence

from ...evaluation.units import DOCS, SENTENCES, UnitsT
from ..plan.data import MEAN
from ..plan.experiment import Experiment
from ..plan.published import JIA
from ..plan.raw_text import TEST
from .notes import why_no_score
from .summary import Row, mean_deviation

NOTE = (
    "Entity F1 in percent, exact matches; mean and, in brackets, sample deviation of "
    "the seeds. The best epoch is the one on the source's development set; the targets "
    "decide nothing. Difference to {baseline} on {target}, its 95 % interval and "
    "p-value: a paired bootstrap over {articles}, or sentences where there are none, "
    "and the seeds, without an adjustment for the number of systems."
)
READ: Dict[UnitsT, str] = {
    DOCS: "Read as whole docs without sentence starts, as `nlp(article)` reads: "
    "{columns}.",
    SENTENCES: "Read by sentences, each by itself: {columns}.",
}
GOLD_TYPES = "Only the types of their own annotation are scored on {columns}."
MEANS = "{name} is the mean of {columns}."
RAW = (
    "Raw text: the domains of which a system reads text without annotation in "
    'training, beside the annotated text of the source. "none" is zero-resource.'
)
TRANSDUCTIVE = (
    '"test": the text of a target\'s test set is read, too, without its annotation '
    "(transductive): the score is not one on unseen text."
)
LENIENT = (
    "Counted as Jia et al. 2019 do, by the more lenient rule of NCRF++, F1 on {target} "
    "is {scores}. The gold has {lenient:,} entities by that rule, and {gold:,} by "
    "conlleval's, which is that of the table."
)
LEFT_OUT = "No score: {reasons}. The mean leaves {them} out."
ONE_SEED = (
    "Some systems have one finished seed: their intervals are too narrow and their "
    "p-values too small, since they leave out how seeds differ."
)
MIXED = (
    "The runs were made by {count} states of this package's code; what changed "
    "between them may show in the figures."
)
NO_BASELINE = (
    "No difference is shown with {names}: {baseline} has no finished run there."
)
PAPER = "Paper: arXiv 2002.05923 v2, Table 1, column {columns}."
ONE_FIGURE = (
    "That of {system} is the only one there, whatever the embeddings: with GloVe "
    "vectors, raw text of its authors, and their lenient count."
)


def note(experiment: Experiment, rows: Sequence[Row]) -> str:
    """Say what the main table shows.

    experiment (Experiment): The experiment.
    rows (Sequence[Row]): The rows.
    RETURNS (str): Some sentences.
    """
    first = experiment.targets[0]
    is_mean = first in experiment.data.mean_columns
    text = NOTE.format(
        baseline=experiment.baseline,
        target="the mean of the targets" if first == MEAN else first,
        articles="the articles of each target" if is_mean else "its articles",
    )
    return " ".join([text, *_explain_runs(experiment, rows)])


def footnotes(experiment: Experiment, rows: Sequence[Row]) -> List[str]:
    """Explain the columns that not every table has, and how else one may count.

    experiment (Experiment): The experiment.
    rows (Sequence[Row]): The rows.
    RETURNS (List[str]): A paragraph for each; none if there is nothing to explain.
    """
    paper, raw = _explain_paper(experiment, rows), _explain_raw_text(rows)
    readings = _explain_readings(experiment)
    joined = [" ".join(part) for part in (readings, raw, paper) if part]
    return [*joined, *_explain_lenient(experiment, rows)]


def _explain_readings(experiment: Experiment) -> List[str]:
    """How test sets are read and scored, and of what the means are."""
    data = experiment.data
    readings = {**data.source_columns, **data.target_columns}
    units: Dict[UnitsT, List[str]] = {}
    for name, reading in readings.items():
        units.setdefault(reading.units, []).append(name)
    found = [READ[x].format(columns=", ".join(names)) for x, names in units.items()]
    found = [] if list(units) == [DOCS] else found
    if typed := [name for name, reading in readings.items() if reading.gold_types]:
        found.append(GOLD_TYPES.format(columns=", ".join(typed)))
    means = data.mean_columns if data.means else {}
    return found + [
        MEANS.format(name=name, columns=", ".join(parts))
        for name, parts in means.items()
    ]


def _explain_raw_text(rows: Sequence[Row]) -> List[str]:
    found = [row.raw_text for row in rows if row.raw_text]
    has_test = any(TEST in raw_text.split(", ") for raw_text in found)
    return [*([RAW] if found else []), *([TRANSDUCTIVE] if has_test else [])]


def _explain_lenient(experiment: Experiment, rows: Sequence[Row]) -> List[str]:
    """What NCRF++ counts, beside what is in the table."""
    several = len(experiment.embeddings) > 1
    sentences = []
    for target in experiment.data.targets:
        found = [row for row in rows if row.lenient_f1(target)]
        if not found:
            continue
        blocks: Dict[str, List[str]] = {}
        for row in found:
            text = f"{mean_deviation(row.lenient_f1(target))} for {row.system}"
            blocks.setdefault(row.embeddings, []).append(text)
        scores = [
            (f"with {name}: " if several else "") + ", ".join(texts)
            for name, texts in blocks.items()
        ]
        of_target = found[0].results[0]["scores"][target]
        gold, lenient = (x["counts"][2] for x in (of_target, of_target["ncrfpp"]))
        values = {"scores": "; ".join(scores), "lenient": lenient, "gold": gold}
        sentences.append(LENIENT.format(target=target, **values))
    return sentences


def _explain_runs(experiment: Experiment, rows: Sequence[Row]) -> List[str]:
    """What is missing, or mixed."""
    results = [result for row in rows for result in row.results]
    whys = {name: why_no_score(results, name) for name in experiment.data.targets}
    reasons = [f"{name} ({why})" for name, why in whys.items() if why]
    found = []
    if len(whys) > 1 and reasons:
        them = "it" if len(reasons) == 1 else "them"
        found.append(LEFT_OUT.format(reasons=", ".join(reasons), them=them))
    compared = any(row.differences for row in rows)
    if compared and any(len(row.results) == 1 for row in rows):
        found.append(ONE_SEED)
    codes = {result["code"] for result in results}
    if len(codes) > 1:
        found.append(MIXED.format(count=len(codes)))
    finished = {(row.embeddings, row.system) for row in rows if row.results}
    compared_with = {name for name, system in finished if system == experiment.baseline}
    lonely = {name for name, _ in finished} - compared_with
    if lonely:
        names = ", ".join(name for name in experiment.embeddings if name in lonely)
        values = {"names": names, "baseline": experiment.baseline}
        found.append(NO_BASELINE.format(**values))
    return found


def _explain_paper(experiment: Experiment, rows: Sequence[Row]) -> List[str]:
    blocks = experiment.embeddings
    columns = [
        f"{block.published} ({name})" if len(blocks) > 1 else block.published
        for name, block in blocks.items()
        if block.published
    ]
    if not columns:
        return []
    has_jia = any(row.system == JIA and row.published for row in rows)
    found = [PAPER.format(columns=", ".join(columns))]
    return found + ([ONE_FIGURE.format(system=JIA)] if has_jia else [])
