"""`python -m spacy moee compare`: many runs, one table."""

import io
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Dict

import typer
from typer import Argument, Option
from wasabi import msg

from ..devices import check_gpu
from ..errors import MoeeError
from . import app, show_warning

if TYPE_CHECKING:
    from ..experiments.plan.experiment import Experiment
    from ..experiments.run.runner import State

# fmt: off
File = Annotated[Path, Argument(metavar="EXPERIMENT", help="The experiment, such as configs/experiments/sample.yml", exists=True, dir_okay=False)]  # noqa: E501
Output = Annotated[Path, Argument(metavar="OUTPUT", help="Folder for the runs and the results", file_okay=False)]  # noqa: E501
Jobs = Annotated[int, Option("--jobs", "-j", min=1, help="Runs at a time, each with one thread")]  # noqa: E501
GpuOpt = Annotated[int, Option("--gpu-id", "-g", help="GPU for all runs, or -1 for the CPU")]  # noqa: E501
AcceptOld = Annotated[bool, Option("--accept-old", help="Keep runs that other code of this package has finished, and mark them")]  # noqa: E501
# fmt: on
DEFAULTS = {"--jobs": 1, "--gpu-id": -1, "--accept-old": False}
STOPPED = 130
# letters of a note in the table that is printed
WIDEST = 60


@app.command("compare")
def compare_cli(
    experiment_path: File,
    output_path: Output,
    jobs: Jobs = 1,
    gpu_id: GpuOpt = -1,
    accept_old: AcceptOld = False,
) -> None:
    """
    Train and test every system of an experiment with every seed, and write
    results.jsonl, table.md and report.html. Finished runs are kept: stopped, it
    shows what there is, and started again it goes on where it was. A run that
    fails is shown with the reason, and the others go on, unless all fail alike.
    When data, a config or the code of this package has changed, what depends on it
    is run anew.
    Results in OUTPUT are never replaced by less: the new ones then lie beside
    them, in table-2.md and so on.
    """
    from ..experiments.plan.experiment import read_experiment
    from ..experiments.plan.grid import check_needs, make_runs
    from ..experiments.run.results import own_folder
    from ..experiments.run.runner import State

    for stream in (sys.stdout, sys.stderr):
        # a sign that the terminal does not know stops no run
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    # before hours of training, not after
    check_packages()
    check_gpu(gpu_id)
    experiment = read_experiment(experiment_path)
    check_needs(experiment)
    runs = make_runs(experiment)
    with own_folder(output_path):
        state = State(experiment.title, runs, output_path, accept_old)
        warn(state)
        options = {"--jobs": jobs, "--gpu-id": gpu_id, "--accept-old": accept_old}
        go_on = make_command(experiment_path, output_path, options)
        finished = run(state, jobs, gpu_id)
        write(experiment, state, go_on)
    check_shared(state)
    if not finished:
        finished_runs = f"{len(state.finished())} of {len(state.runs)} runs"
        msg.warn(f"Stopped: {finished_runs} are finished. Go on with:")
        msg.text(f"  {go_on}")
        raise typer.Exit(STOPPED)
    if state.failed:
        raise typer.Exit(1)


def check_packages() -> None:
    """See that results can be compared and drawn. Raises M505."""
    for package in ("matplotlib", "scipy"):
        if find_spec(package) is None:
            raise MoeeError("M505", package=package)


def make_command(experiment: Path, output: Path, options: Dict[str, int]) -> str:
    """Write the command that was given, in full."""
    words = ["python", "-m", "spacy", "moee", "compare", str(experiment), str(output)]
    for name, value in options.items():
        if value != DEFAULTS[name]:
            words += [name] if value is True else [name, str(value)]
    return shlex.join(words)


def run(state: "State", jobs: int, gpu_id: int) -> bool:
    """Run what is not finished, in sight. Returns False if it was stopped."""
    from rich.console import Console

    from ..experiments.run.runner import run_all
    from ..experiments.show.progress import Progress

    try:
        with Progress(Console()) as progress:
            progress.tell_finished_before(state)
            run_all(state, jobs=jobs, gpu_id=gpu_id, show=progress.show)
    except KeyboardInterrupt:
        return False
    return True


def warn(state: "State") -> None:
    """Say which results are made again, since they can't be read or are of other
    code."""
    from ..experiments.run.results import find_damaged, name_paths

    for error in state.damaged:
        show_warning("MW52", **error.values)
    count = find_damaged(state.folder)
    if count:
        file = name_paths(state.folder, 1).results
        show_warning("MW53", count=count, file=file)
    if state.n_old:
        show_warning("MW54", count=state.n_old, total=len(state.runs))


def write(experiment: "Experiment", state: "State", command: str) -> None:
    """Write the table and the report, and show the table."""
    from ..experiments.run.results import choose_paths, name_paths, write_results
    from ..experiments.show.report import write_report
    from ..experiments.show.summary import summarize
    from ..experiments.show.table import main_table, write_markdown

    failed = [(r, state.failed[r.key]) for r in state.runs if r.key in state.failed]
    lines, untried = state.finished(), len(state.untried)
    rows = summarize(experiment, lines, failed)
    table = write_markdown(experiment, rows, failed, untried)
    report = write_report(experiment, rows, command, failed, untried)
    header, cells, aligns = main_table(experiment, rows, WIDEST)
    msg.table(cells, header=header, divider=True, aligns=aligns)
    if failed:
        msg.fail(f"{len(failed)} runs failed; the command tries them again")
    _, lost = choose_paths(state.folder, lines)
    paths = write_results(state.folder, lines, [table, report])
    shown = ", ".join(map(str, paths[::-1]))
    if lost:
        kept = name_paths(state.folder, 1)
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        show_warning(
            "MW51",
            table=kept.table,
            results=kept.results,
            lost=f"{lost[0]}{more}",
            paths=shown,
        )
    else:
        msg.good(f"Saved: {shown}")


def check_shared(state: "State") -> None:
    """Say if runs were left out. Raises M508."""
    if state.untried:
        failures = list(state.failed.values())
        raise MoeeError(
            "M508",
            failed=len(failures),
            total=len(state.runs),
            untried=len(state.untried),
            reason=failures[-1].reason.rstrip("."),
            logs=", ".join(str(failure.log) for failure in failures),
        )
