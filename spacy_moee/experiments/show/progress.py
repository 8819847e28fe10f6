"""What a person sees while runs are under way."""

import time
from types import TracebackType
from typing import Any, Dict, List, Optional, Set, Tuple, Type

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ..plan.grid import Run, title
from ..run.epochs import dev_f1
from ..run.job import Job
from ..run.runner import State
from .table import score

# seconds between two drawings
PAUSE = 0.5


class Progress:
    """A live table on a terminal, plain lines elsewhere. What has ended is printed
    above the table and stays.

    console (Console): Where it is shown.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._is_live = console.is_terminal and not console.is_dumb_terminal
        self._started = time.monotonic()
        self._drawn = 0.0
        self._shown: Set[Tuple[str, int]] = set()
        self._ended: Set[str] = set()

    def __enter__(self) -> "Progress":
        if self._is_live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if self._is_live:
            self._live.stop()

    def show(self, state: State) -> None:
        """Show where everything stands.

        state (State): The runs, the results, what failed and what is under way.
        """
        self._tell_ended(state)
        if not self._is_live:
            for job in state.active:
                self._tell_epochs(job)
        elif time.monotonic() - self._drawn > PAUSE:
            self._live.update(self._draw(state), refresh=True)
            self._drawn = time.monotonic()

    def tell_finished_before(self, state: State) -> None:
        """Say what need not be run. Called once, before the first `show`.

        state (State): Where everything stands.
        """
        self._ended |= set(state.results)
        if self._ended:
            finished = state.finished()
            text = f"{len(finished)} of {len(state.runs)} runs finished before"
            old = sum(result["is_old"] for result in finished)
            self._print(f"{text}, {old} of them with other code" if old else text)

    def _tell_ended(self, state: State) -> None:
        for run in state.runs:
            if run.key in self._ended:
                continue
            if run.key in state.results:
                self._print(_say_result(run, state.results[run.key]))
            elif run.key in state.failed:
                failure = state.failed[run.key]
                text = f"\u2718 {title(run)}: failed, see {failure.log}"
                self._print(text, style="red")
                self._print(f"    {failure.reason}")
            else:
                continue
            self._ended.add(run.key)

    def _tell_epochs(self, job: Job) -> None:
        for row in job.read_epochs():
            step = (job.run.key, row["step"])
            if step not in self._shown:
                self._shown.add(step)
                text = f"epoch {row['epoch']}, dev F1 {dev_f1(row):.2f}"
                self._print(f"  {title(job.run)}: {text}")

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(escape(text), style=style, highlight=False, soft_wrap=True)

    def _draw(self, state: State) -> Group:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("running")
        for name in ("seed", "epoch", "dev F1", "best"):
            table.add_column(name, justify="right", no_wrap=True)
        for job in state.active:
            table.add_row(*_cells(job))
        minutes = (time.monotonic() - self._started) / 60
        parts = [f"{len(state.finished())}/{len(state.runs)} finished"]
        parts += [f"{len(state.failed)} failed"] if state.failed else []
        parts += [f"{minutes:.0f} min", "Ctrl-C stops, the same command goes on"]
        return Group(table, Text(" \u00b7 ".join(parts), style="dim"))


def _say_result(run: Run, result: Dict[str, Any]) -> str:
    scores = []
    for name, found in result["scores"].items():
        reason = f" ({found['no_score']})" if found["no_score"] else ""
        scores.append(f"{name} {score(found['f1'])}{reason}")
    return (
        f"\u2714 {title(run)}: F1 {', '.join(scores)}, "
        f"dev {score(result['dev_f1'])} (epoch {result['best_epoch']}), "
        f"{result['minutes']:.1f} min"
    )


def _cells(job: Job) -> List[Text]:
    rows = job.read_epochs()
    scores = list(map(dev_f1, rows))
    epoch = str(rows[-1]["epoch"]) if rows else "-"
    f1 = [f"{scores[-1]:.2f}", f"{max(scores):.2f}"] if scores else ["-", "-"]
    if job.step == "evaluate":
        epoch = "test"
    name = f"{job.run.system} \u00b7 {job.run.embeddings}"
    return [Text(cell) for cell in [name, str(job.run.seed), epoch, *f1]]
