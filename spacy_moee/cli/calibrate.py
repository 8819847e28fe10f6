"""`python -m spacy moee calibrate`: scores that mean what they say."""

from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
)

from typer import Argument, Option
from wasabi import msg

from ..errors import MoeeError, os_errors
from . import app, find_component, load_pipeline

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

    from ..evaluation.calibration import Judged, Measures
    from ..evaluation.judging import Readings

# fmt: off
Model = Annotated[str, Argument(metavar="MODEL", help="Trained pipeline: a folder, or the name of a package. It is not changed")]  # noqa: E501
Dev = Annotated[Path, Argument(metavar="DEV", help="Annotated .spacy file of the source domain, which the pipeline was not trained on: its development set")]  # noqa: E501
Output = Annotated[Path, Argument(metavar="OUTPUT", help="Folder for the calibrated pipeline; its folder 'calibration' gets the figures and a diagram")]  # noqa: E501
Texts = Annotated[Optional[List[Path]], Option("--text", "-t", metavar="TEXT", help="Texts of the domain that the pipeline is for, without annotation: .spacy, .txt and .jsonl files, or folders of them. The less sure the pipeline is of them, the higher the temperature")]  # noqa: E501
Unseen = Annotated[bool, Option("--unseen", help="The pipeline is for another domain, of which there is no text: a temperature as five such domains needed on average")]  # noqa: E501
Name = Annotated[Optional[str], Option("--component", "-c", help="The component, if there are several moee_ner")]  # noqa: E501
Seed = Annotated[int, Option("--seed", "-s", help="For the docs that the interval of the calibration error is drawn from")]  # noqa: E501
GpuOpt = Annotated[int, Option("--gpu-id", "-g", help="GPU, or -1 for the CPU")]
# fmt: on
HEADER = ("", "Found", "Right", "Score", "ECE", "95 %", "Brier", "Risk")
ALIGNS = ("l", *"r" * (len(HEADER) - 1))
FOLDER = "calibration"
ARROW = "\u2192"


class Figures(NamedTuple):
    """Measures of entities. before (Measures): With temperature 1. after (Measures):
    With that of the development set."""

    before: "Measures"
    after: "Measures"


class Fit(NamedTuple):
    """What was found. temperature (float): Of the calibrated pipeline. threshold
    (float): Its threshold. source (float): The temperature of the development set.
    unsure (float): How unsure it is of its entities there. text_unsure
    (Optional[float]): The same in the texts. figures (Dict[str, Figures]): On the
    development set, of all entities and of each type."""

    temperature: float
    threshold: float
    source: float
    unsure: float
    text_unsure: Optional[float]
    figures: Dict[str, Figures]


@app.command("calibrate")
def calibrate_cli(
    model: Model,
    dev: Dev,
    output: Output,
    texts: Texts = None,
    unseen: Unseen = False,
    component: Name = None,
    seed: Seed = 0,
    gpu_id: GpuOpt = -1,
) -> None:
    """
    Save a pipeline whose scores mean what they say: of the entities with a score of
    0.8, about 80 % are right. One number is fitted on annotated text of the source
    domain, the temperature, and saved with the pipeline. It changes the scores, and
    moves a threshold with them, so that the same number of entities is found. In
    another domain a pipeline is surer than it should be: name texts of that domain with
    --text, or give --unseen.
    """
    from ..devices import use_device
    from ..embeddings.subset import check_output

    if texts and unseen:
        raise MoeeError("M738")
    use_device(gpu_id)
    nlp = load_pipeline(model)
    name = find_component(nlp, model, component)
    check_output(output, nlp.path)
    fit = calibrate(nlp, name, dev, texts or [], unseen, seed)
    report(fit, dev)
    save(nlp, name, fit, output)


def calibrate(
    nlp: "Language", name: str, dev: Path, texts: List[Path], unseen: bool, seed: int
) -> Fit:
    """Fit the temperature, and measure. Raises M708, M711, M736 and M737."""
    from ..corpora.texts import find_texts, read_examples
    from ..evaluation.calibration import LEAST, measure
    from ..evaluation.judging import JudgedReadings, Readings
    from ..evaluation.temperature import UNSEEN, fit_temperature, shift, unsureness

    files = find_texts(texts)
    check_file(dev)
    examples = list(read_examples(nlp, dev))
    if not examples:
        raise MoeeError("M708", file=dev)
    readings = JudgedReadings(nlp, name, examples)
    before = readings.at(1.0)
    if len(before.scores) < LEAST:
        found = f"{len(before.scores):,} found entities that gold says something of"
        raise MoeeError("M736", file=dev, found=found, expected=LEAST)
    source = fit_temperature(lambda temperature: [readings.at(temperature)])
    unsure, text_unsure = unsureness(before.scores), None
    temperature = source * UNSEEN if unseen else source
    found_in = readings.readings
    if files:
        found_in = Readings(nlp, name, read_docs(nlp, files))
        scores = found_in.known_scores(1.0)
        if len(scores) < LEAST:
            found = f"{len(scores):,} entities with a score"
            raise MoeeError("M737", found=found, expected=LEAST)
        text_unsure = unsureness(scores)
        temperature = shift(source, unsure, text_unsure)
    pairs = choose_types(before), choose_types(readings.at(source))
    figures = {
        label: Figures(*(measure(pair[label], seed) for pair in pairs))
        for label in pairs[0]
    }
    threshold = adjust_threshold(nlp.get_pipe(name), found_in, temperature)
    return Fit(temperature, threshold, source, unsure, text_unsure, figures)


def adjust_threshold(component: Any, readings: "Readings", temperature: float) -> float:
    """The threshold that leaves out as many entities at another temperature."""
    from ..evaluation.temperature import move_threshold

    if not component.threshold:
        return 0.0
    before, after = map(readings.known_scores, (component.temperature, temperature))
    return move_threshold(component.threshold, before, after)


def check_file(path: Path) -> None:
    """See that it is a .spacy file, or a folder of some. Raises M706."""
    if not path.is_dir():
        is_one = path.suffix == ".spacy" and path.is_file()
        found = "another file" if path.exists() else "nothing"
    else:
        is_one, found = any(path.rglob("*.spacy")), "a folder without such a file"
    if not is_one:
        raise MoeeError("M706", path=path, found=found)


def read_docs(nlp: "Language", files: Sequence[Path]) -> Iterator["Doc"]:
    """Read texts with the tokens of the pipeline."""
    from ..corpora.texts import read_texts

    for file in files:
        yield from (doc for doc, _ in read_texts(nlp, file))


def choose_types(judged: "Judged") -> Dict[str, "Judged"]:
    """All entities, and those of each type."""
    labels = sorted({*judged.labels})
    return {"all": judged, **{label: judged.of_label(label) for label in labels}}


def report(fit: Fit, dev: Path) -> None:
    """Show the figures and the temperature."""
    rows = [(label, *cells(*figures)) for label, figures in fit.figures.items()]
    msg.table(rows, header=HEADER, divider=True, aligns=ALIGNS)
    msg.text(
        f"Entities found in {dev}, before and after calibration on it, in percent. "
        "Score: the mean; Right: what it should be. ECE: how far scores are from "
        "that, the mean over 15 bins; 95 %: its interval; Brier: the mean squared "
        "error; Risk: wrong ones among the surest n, the mean over all n."
    )
    print_temperature(fit)


def cells(before: "Measures", after: "Measures") -> List[str]:
    """One row of the table."""

    def change(first: Optional[float], second: Optional[float]) -> str:
        if first is None or second is None:
            return "-"
        return f"{100 * first:.1f} {ARROW} {100 * second:.1f}"

    interval = "-"
    if after.low is not None and after.high is not None:
        interval = f"{100 * after.low:.1f} to {100 * after.high:.1f}"
    return [
        *(f"{before.entities:,}", f"{100 * before.correct:.1f}"),
        *(change(before.score, after.score), change(before.error, after.error)),
        *(interval, change(before.brier, after.brier)),
        change(before.risk, after.risk),
    ]


def print_temperature(fit: Fit) -> None:
    """Show how the temperature came about."""
    text = f"Temperature: {fit.source:.2f}"
    if fit.text_unsure is not None:
        text += (
            f" x {fit.temperature / fit.source:.2f} = {fit.temperature:.2f}, since the "
            f"mean score of the texts is {100 * (1 - fit.text_unsure):.1f} %, and not "
            f"{100 * (1 - fit.unsure):.1f} %"
        )
    elif fit.temperature != fit.source:
        factor = fit.temperature / fit.source
        text += f" x {factor:.2f} = {fit.temperature:.2f}, for an unseen domain"
    if fit.threshold:
        text += f". Threshold: {fit.threshold:.2f}, which leaves out as many as before"
    msg.info(text)


def save(nlp: "Language", name: str, fit: Fit, output: Path) -> None:
    """Save the pipeline, the figures and the diagram, all or none. Raises M705."""
    import srsly

    from ..files import whole_folder

    component: Any = nlp.get_pipe(name)
    component.temperature = fit.temperature
    # the pipeline in memory, and the config that is saved
    component.threshold = nlp.get_pipe_config(name)["threshold"] = fit.threshold
    figures = {
        label: {when: part._asdict() for when, part in pair._asdict().items()}
        for label, pair in fit.figures.items()
    }
    pictures = draw(fit)
    with os_errors("M705", output=output), whole_folder(output) as draft:
        nlp.to_disk(draft)
        (draft / FOLDER).mkdir()
        data = srsly.json_dumps({**fit._asdict(), "figures": figures}, indent=2)
        (draft / FOLDER / "figures.json").write_text(data, encoding="utf8")
        for ending, picture in pictures.items():
            (draft / FOLDER / f"reliability.{ending}").write_bytes(picture)
    msg.good(f"Saved the calibrated pipeline: {output}")


def draw(fit: Fit) -> Dict[str, bytes]:
    """Draw the diagram, if that is possible."""
    from importlib.util import find_spec

    from ..insight.reliability import Panel, draw_reliability

    if find_spec("matplotlib") is None:
        msg.info('No diagram is drawn: that needs pip install "spacy-moee[insight]"')
        return {}
    figures = {k: v for k, v in fit.figures.items() if v.before.bins}
    panels = [Panel(k, v.before.bins, v.after.bins) for k, v in figures.items()]
    return draw_reliability(panels)
