"""The machine that measures, the command line that asks, and the table that shows what
was measured."""

import os
import platform
import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from importlib.metadata import version
from pathlib import Path
from statistics import mean, stdev
from typing import Dict, List, Sequence

import torch
import wasabi

from spacy_moee.experiments.run.process import ONE_THREAD

ROOT = Path(__file__).resolve().parents[1]


def make_parser(name: str, description: str) -> ArgumentParser:
    """Make the parser of a benchmark's command line.

    name (str): The benchmark's module.
    description (str): What it measures, as it is to be shown.
    RETURNS (ArgumentParser): The parser.
    """
    return ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=description,
        formatter_class=RawDescriptionHelpFormatter,
    )


def one_thread() -> None:
    """Compute with one thread, here and in child processes, and print on what."""
    os.environ.update(ONE_THREAD)
    torch.set_num_threads(1)
    print(describe())


def start_fresh(module: str, *arguments: object) -> "subprocess.Popen[str]":
    """Start a benchmark's module in a fresh process.

    module (str): The module.
    *arguments (object): Its command line.
    RETURNS (Popen): The process, with pipes to its input and from its output.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


def run_fresh(module: str, *arguments: object) -> Dict[str, float]:
    """Run a benchmark's module in a fresh process.

    module (str): The module.
    *arguments (object): Its command line.
    RETURNS (Dict[str, float]): Its last line, as `format_line` wrote it.
    RAISES (RuntimeError): If it fails.
    """
    process = start_fresh(module, *arguments)
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"status {process.returncode} of benchmarks.{module}")
    return read_line(output.splitlines()[-1])


def describe() -> str:
    """Describe the machine. RETURNS (str): Processor and versions, one line."""
    versions = " ".join(f"{n} {version(n)}" for n in ("torch", "spacy", "thinc"))
    threads = torch.get_num_threads()
    return (
        f"{_processor()}, {os.cpu_count()} cores, {threads} torch thread(s); "
        f"Python {platform.python_version()} {versions}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor() or platform.machine()


def format_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Align a table: the first column to the left, the others to the right.

    header (Sequence[str]): Titles of the columns.
    rows (Sequence[Sequence[object]]): The cells.
    RETURNS (str): The table.
    """
    cells: List[List[str]] = [[str(cell) for cell in row] for row in rows]
    aligns = ["l", *"r" * (len(header) - 1)]
    return wasabi.table(cells, header=header, divider=True, aligns=aligns, max_col=60)


def format_mean(values: Sequence[float]) -> str:
    """Format a figure of several seeds.

    values (Sequence[float]): The figure of each.
    RETURNS (str): The mean, and the sample deviation if there is one.
    """
    spread = f" ({stdev(values):.2f})" if len(values) > 1 else ""
    return f"{mean(values):.2f}{spread}"


def format_line(values: Dict[str, float]) -> str:
    """Format the last line of a benchmark.

    values (Dict[str, float]): What was measured.
    RETURNS (str): `key=value ...`, with two decimals.
    """
    return " ".join(f"{key}={value:.2f}" for key, value in values.items())


def read_line(line: str) -> Dict[str, float]:
    """Read what `format_line` wrote. RETURNS (Dict[str, float]): The values."""
    pairs = (item.split("=") for item in line.split())
    return {key: float(value) for key, value in pairs}
