"""`python -m spacy moee evaluate`: a pipeline on all test sets, annotated or not."""

import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, NamedTuple, Optional, Set

import typer
from typer import Argument, Option
from wasabi import msg

from ..errors import MoeeError, os_errors
from . import app, find_components, load_pipeline, show_error
from .evaluated import Folders, Result, report

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.training import Example


class Units(Enum):
    """What a pipeline reads at once."""

    docs = "docs"
    sentences = "sentences"


class Case(Enum):
    """The case in which texts are read."""

    as_is = "as-is"
    lower = "lower"
    upper = "upper"


# fmt: off
Model = Annotated[str, Argument(metavar="MODEL", help="Trained pipeline: a folder, or the name of a package")]  # noqa: E501
Paths = Annotated[List[Path], Argument(metavar="DATA", help=".spacy files, and folders that are searched for some. What is called train or dev there is left out unless it is named itself")]  # noqa: E501
Output = Annotated[Optional[Path], Option("--output", "-o", file_okay=False, help="Folder for the scores, a JSON file for each test set, for `spacy moee report`")]  # noqa: E501
Tagged = Annotated[Optional[Path], Option("--tagged", "-t", file_okay=False, help="Folder for what is found in files without annotation: a .spacy file, and a .jsonl file in Prodigy's form. By default 'tagged' beside --output")]  # noqa: E501
Displacy = Annotated[Optional[Path], Option("--displacy", "-dp", file_okay=False, help="Folder for web pages that show what is found, one for each file")]  # noqa: E501
Limit = Annotated[int, Option("--displacy-limit", "-dl", min=1, help="Docs on a page")]
CaseOpt = Annotated[Case, Option("--case", help="Read the texts as they are, in lower case or in upper case; tokens and annotation stay")]  # noqa: E501
UnitsOpt = Annotated[Units, Option("--units", help="Read each doc as a whole, as `nlp(text)` does, or each sentence of a file that has sentence starts by itself")]  # noqa: E501
GoldTypes = Annotated[bool, Option("--gold-types", help="Score only the types that a file is annotated with, and drop what is found of others")]  # noqa: E501
SourceOpt = Annotated[Optional[List[Path]], Option("--source-domain", help="File or folder of DATA with texts of the domain that a pipeline was trained on. One that tells two domains apart, such as that of configs/jia.cfg, reads them as such, and all else as its target domain")]  # noqa: E501
PartsOpt = Annotated[bool, Option("--parts", help="Also show what the parts of moee_ner do: tags, detection head, gate")]  # noqa: E501
GpuOpt = Annotated[int, Option("--gpu-id", "-g", help="GPU, or -1 for the CPU")]
# fmt: on


class Wanted(NamedTuple):
    """What is evaluated. case (Case): How the texts are read. units (Units): And what
    at once. gold_types (bool): Whether only types of the gold annotation are scored.
    components (List[str]): Those whose parts are shown. source (Set[Path]): The files
    of the source domain."""

    case: Case
    units: Units
    gold_types: bool
    components: List[str]
    source: Set[Path]


@app.command("evaluate")
def evaluate_cli(
    model: Model,
    data: Paths,
    output: Output = None,
    tagged: Tagged = None,
    displacy: Displacy = None,
    displacy_limit: Limit = 25,
    case: CaseOpt = Case.as_is,
    units: UnitsOpt = Units.docs,
    gold_types: GoldTypes = False,
    parts: PartsOpt = False,
    source_domain: SourceOpt = None,
    gpu_id: GpuOpt = -1,
) -> None:
    """
    Score a pipeline on every annotated test set, as `spacy evaluate` does. A file
    without any annotation of entities has no score: its entities are found, counted
    and saved. --displacy shows what is found; `spacy evaluate --displacy-path` draws
    only what a component of the factory "ner" has found.
    """
    from ..devices import use_device
    from ..evaluation.data import find_data, find_inside

    if tagged is None and output is not None:
        tagged = Path(os.path.normpath(output / os.pardir / "tagged"))
    folders = Folders(output, tagged, displacy, displacy_limit)
    use_device(gpu_id)
    found = find_data(data, [tagged] if tagged else [])
    source = find_inside(found.files.values(), source_domain or [])
    nlp = load_pipeline(model)
    check_finds_entities(nlp, model)
    components = find_parts(nlp, model) if parts else []
    wanted = Wanted(case, units, gold_types, components, source)
    if found.left_out:
        names = ", ".join(map(str, found.left_out))
        msg.info(f"Left out, since they are no test sets: {names}")
    evaluate(nlp, found.files, folders, wanted)


def check_finds_entities(nlp: "Language", model: str) -> None:
    """See that a component sets entities. Raises M709."""
    assigned = (nlp.get_pipe_meta(name).assigns for name in nlp.pipe_names)
    if not any("doc.ents" in names for names in assigned):
        found = ", ".join(nlp.pipe_names) or "none at all"
        raise MoeeError("M709", model=model, found=found)


def find_parts(nlp: "Language", model: str) -> List[str]:
    """Find the components whose parts can be shown. Raises M722."""
    found = find_components(nlp)
    if not found:
        names = ", ".join(nlp.pipe_names)
        raise MoeeError("M722", model=model, found=names)
    return found


def evaluate(
    nlp: "Language", files: Dict[str, Path], folders: Folders, wanted: Wanted
) -> None:
    """Evaluate on every file; what is wrong with one hides no other's result."""
    import tqdm
    from thinc.api import fix_random_seed

    fix_random_seed()  # as `spacy evaluate` does
    results: List[Result] = []
    failed: List[MoeeError] = []
    # disable=None shows the bar on terminals only
    for name in tqdm.tqdm(files, unit="file", leave=False, disable=None):
        file = files[name]
        # beside the scores of the same file as it is
        if wanted.case is not Case.as_is:
            name = f"{name}-{wanted.case.value}"
        if wanted.units is not Units.docs:
            name = f"{name}-{wanted.units.value}"
        try:
            results.append(evaluate_file(nlp, name, file, folders, wanted))
        except MoeeError as err:
            failed.append(err)
    report(results, folders)
    for err in failed:
        show_error(err)
    if failed:
        raise typer.Exit(1)


def evaluate_file(
    nlp: "Language", name: str, file: Path, folders: Folders, wanted: Wanted
) -> Result:
    """Score or tag one file, and save what is wanted."""
    import srsly

    from ..evaluation.annotation import count_annotation
    from ..evaluation.scoring import CheckedScorer
    from ..evaluation.tagging import summarize, to_docbin, to_jsonl
    from ..insight.pages import entity_page

    examples = read(nlp, file, wanted)
    counts = count_annotation(examples)
    is_scored = counts.annotated > 0
    scorer = CheckedScorer(nlp, file, wanted.gold_types)
    scores = nlp.evaluate(examples, scorer=scorer) if is_scored else None
    if is_scored:
        docs = [example.predicted for example in scorer.examples]
    else:
        docs = list(nlp.pipe(example.predicted for example in examples))
    outputs: Dict[Path, bytes] = {}
    if folders.pages:
        shown = docs[: folders.limit]
        title = f"{name}: the first {len(shown):,} of {len(docs):,} docs of {file}"
        page = entity_page(shown, title)
        outputs[folders.pages / f"{name}.html"] = page.encode("utf8")
    if folders.scores and is_scored:
        data = srsly.json_dumps(scores, indent=2)
        outputs[folders.scores / f"{name}.json"] = data.encode("utf8")
    if folders.tagged and not is_scored:
        outputs[folders.tagged / f"{name}.spacy"] = to_docbin(docs)
        outputs[folders.tagged / f"{name}.jsonl"] = to_jsonl(docs)
    save(outputs)
    found = {} if is_scored else summarize(docs)
    parts = part_rows(nlp, name, scorer.examples, wanted.components)
    return Result(name, file, counts, scores, found, parts, list(outputs))


def part_rows(
    nlp: "Language", name: str, examples: List["Example"], components: List[str]
) -> List[List[str]]:
    """Measure what components do inside; there are no examples without a score."""
    from ..insight.parts import measure_component

    rows: List[List[str]] = []
    for component in components if examples else []:
        pipe: Any = nlp.get_pipe(component)
        title = name if len(components) == 1 else f"{name} ({component})"
        rows.append([title, *measure_component(pipe, examples).cells()])
    return rows


def read(nlp: "Language", file: Path, wanted: Wanted) -> List["Example"]:
    """Read a file, in the case, in the units and as the domain that is wanted. Raises
    M708, M711, M719."""
    from ..evaluation.units import read_units
    from ..extensions import SOURCE, set_domain
    from ..training.case import change_case

    examples = read_units(nlp, file, wanted.units.value).examples
    if not examples:
        raise MoeeError("M708", file=file)
    if wanted.case is not Case.as_is:
        change = str.lower if wanted.case is Case.lower else str.upper
        examples = [change_case(example, change) for example in examples]
    for example in examples if file in wanted.source else []:
        set_domain(example.predicted, SOURCE)
    return examples


def save(files: Dict[Path, bytes]) -> None:
    """Write files, all or none. Raises M313."""
    from ..files import write_all

    with os_errors("M313", verb="write"):
        write_all(files.items())
