"""Loads pipelines in a process that notes what they do: `python -m
tests.component.load_watched FOLDER` prints, as JSON, a row for each pipeline there and
each way to load it: names, the error, and the events of Python's audit."""

import json
import os
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

import spacy
from thinc.api import Config

from spacy_moee.errors import MoeeError

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
NOTED = (
    *("os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen"),
    *("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink"),
    *("shutil.", "tempfile.", "socket.", "urllib.", "ctypes.dlopen"),
)


def from_source(path: Path) -> None:
    nlp = spacy.blank("en")
    config = Config(nlp.config)
    config["nlp"]["pipeline"] = ["moee_ner"]
    config["components"]["moee_ner"] = {"source": str(path)}
    type(nlp).from_config(config)


def make_ways(sound: Path) -> Dict[str, Callable[[Path], Any]]:
    nlp = spacy.load(sound)
    ner: Any = nlp.get_pipe("moee_ner")
    return {
        "spacy.load": spacy.load,
        "source": from_source,
        "add_pipe": lambda path: spacy.blank("en").add_pipe(
            "moee_ner", source=spacy.load(path)
        ),
        "from_disk": lambda path: ner.from_disk(path / "moee_ner", exclude=["vocab"]),
        "from_bytes": lambda path: ner.from_bytes((path / "bytes").read_bytes()),
    }


def main(folder: Path) -> None:
    ways = make_ways(folder / "sound")
    events: List[str] = []

    def note(event: str, args: tuple) -> None:
        if event == "open" and isinstance(args[2], int) and args[2] & WRITING:
            events.append(f"open {args[0]}")
        elif event.startswith(NOTED):
            events.append(f"{event} {args}")

    for way in ways.values():
        way(folder / "sound")  # imports what it needs
    sys.addaudithook(note)
    rows = []
    for path in sorted(folder.iterdir()):
        for way, load in ways.items():
            events.clear()
            error = ""
            try:
                load(path)
            except MoeeError as caught:
                error = str(caught)
            rows.append([path.name, way, error, [*events]])
    print(json.dumps(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
