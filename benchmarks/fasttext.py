"""The reader of fastText's binary models beside the `fasttext` package.

    python -m benchmarks.fasttext [--data DIR] [--folder DIR]

difference  the largest difference of a component from `get_word_vector`, in units of
            what is allowed: a millionth of 1, or of the largest component if that is
            more. On 100,000 strings for each of several kinds of model. It fails if
            it is over 1.
open_*      seconds and private MB of opening a model of 2.5 million words, 2 million
            n-grams and 300 columns (8.4 GB; the matrices are holes in the file) and
            looking a word up, in a fresh process; how much of what a second process
            has mapped it shares with the first; and the same of `fasttext.load_model`,
            if memory is free for it.
ratio       how many times faster 10,000 unseen words are in one batch than in a loop
            over `get_word_vector`: 300 columns, n-grams of 3 to 6 characters in 2
            million rows. The median of rounds that take turns, one thread. The first
            round, which reads the file, is not counted.

Files are written to a temporary folder, or to one in --folder, and removed.
"""

import tempfile
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

import fasttext
import numpy

from spacy_moee.embeddings.fasttext.file import FastTextFile
from tests.embeddings.fasttext.util import write_fasttext

from .fasttext_open import OURS, THEIRS, Opener
from .machine import format_line, format_table, make_parser, one_thread
from .turns import take_turns, timed

LETTERS = "abcdefghijklmnopqrstuvwxyz"
# from where random characters are taken: Latin, Cyrillic, Devanagari, CJK, emoji
RANGES = [(0x20, 0x180), (0x400, 0x500), (0x900, 0x980), (0x4E00, 0x5000)]
RANGES += [(0x1F300, 0x1F650)]
LABELS = ["__label__a", "__label__b"]
SPECIAL = [
    "",
    " ",
    "   ",
    "\n",
    "a\nb",
    "a\0b",
    "</s>",
    "<",
    ">",
    "<>",
    "👩‍👩‍👧",
    *LABELS,
]
VARIANTS: List[Dict[str, Any]] = [
    {"dim": 300, "bucket": 100_000, "labels": LABELS},
    {"dim": 100, "bucket": 20_000, "labels": LABELS, "model": "cbow", "version": 11},
    {"dim": 50, "bucket": 999, "minn": 1, "maxn": 4, "labels": LABELS},
    {"dim": 64, "bucket": 5000, "labels": LABELS, "model": "supervised"},
    {"dim": 7, "bucket": 50, "labels": LABELS, "model": "supervised", "version": 11},
    {"dim": 25, "bucket": 0, "maxn": 0},
]


class Effort(NamedTuple):
    """How much is measured.

    n_strings (int): Strings for each kind of model.
    n_words (int): Words of the large model.
    bucket (int): Rows for n-grams of the large model, and of the one that is timed.
    n_unseen (int): Words in a batch.
    rounds (int): Rounds of batch and loop.
    """

    n_strings: int = 100_000
    n_words: int = 2_500_000
    bucket: int = 2_000_000
    n_unseen: int = 10_000
    rounds: int = 9


QUICK = Effort(1000, 10_000, 10_000, 1000, 2)


def make_words(random: Random) -> Iterator[str]:
    """Invent different words of 3 to 12 letters.

    random (Random): The source.
    YIELDS (str): A word.
    """
    seen = set()
    while True:
        word = "".join(random.choices(LETTERS, k=random.randint(3, 12)))
        if word not in seen:
            seen.add(word)
            yield word


def make_unicode(random: Random) -> Iterator[str]:
    """Invent strings of 0 to 15 characters of many scripts.

    random (Random): The source.
    YIELDS (str): A string.
    """
    while True:
        size = random.randint(0, 15)
        yield "".join(
            chr(random.randrange(*random.choice(RANGES))) for _ in range(size)
        )


def read_words(data: Optional[Path]) -> List[str]:
    """Read the tokens of column files.

    data (Optional[Path]): A folder with `.txt` files in it, at any depth.
    RETURNS (List[str]): The different tokens.
    """
    paths = sorted(data.rglob("*.txt")) if data else []
    lines = (line for path in paths for line in path.open(encoding="utf8"))
    return sorted({line.split()[0] for line in lines if line.strip()})


def compare(folder: Path, data: List[str], effort: Effort) -> float:
    """Compare with `fasttext` on every kind of model, and print a table.

    folder (Path): Where models are written.
    data (List[str]): Words of a corpus; every other one is in the dictionaries.
    effort (Effort): How much.
    RETURNS (float): The largest difference, in units of what is allowed.
    """
    random = Random(0)
    words = data[: effort.n_strings // 2] + list(islice(make_words(random), 20_000))
    strings = [*SPECIAL, *words]
    strings += islice(make_unicode(random), max(effort.n_strings - len(strings), 0))
    rows, worst = [], 0.0
    for variant in VARIANTS:
        path = folder / "variant.bin"
        write_fasttext(path, ["</s>", *words[::2]], **variant)
        # where there is no n-gram, fastText reads a label's vector at random
        asked = (
            strings if variant["bucket"] else [s for s in strings if s not in LABELS]
        )
        difference, units = _difference(path, asked)
        worst = max(worst, units)
        shown = ", ".join(f"{k} {v}" for k, v in variant.items() if k != "labels")
        rows.append([shown, len(asked), f"{difference:.1e}", f"{units:.3f}"])
        path.unlink()
    header = ["model", "strings", "largest difference", "in units of the allowed"]
    print(format_table(header, rows))
    return worst


def _difference(path: Path, strings: List[str]) -> List[float]:
    model = fasttext.load_model(str(path))
    expected = numpy.stack([model.get_word_vector(string) for string in strings])
    difference = numpy.abs(FastTextFile(path).vectors(strings) - expected).max(axis=1)
    allowed = 1e-6 * numpy.maximum(1, numpy.abs(expected).max(axis=1))
    return [float(difference.max()), float((difference / allowed).max())]


def time_opening(folder: Path, effort: Effort) -> Dict[str, float]:
    """Open a large model with both readers, and print a table.

    folder (Path): Where the model is written.
    effort (Effort): How much.
    RETURNS (Dict[str, float]): Figures of ours, and of fastText's where it was tried.
    """
    path = folder / "large.bin"
    words = list(islice(make_words(Random(1)), effort.n_words))
    write_fasttext(path, words, dim=300, bucket=effort.bucket, sparse=True)
    del words
    first = Opener(path, OURS)
    second = Opener(path, OURS)
    second.close()
    first.close()
    found = {"spacy_moee": first.values, "spacy_moee, a second": second.values}
    if _free_bytes() > 1.5 * path.stat().st_size:
        other = Opener(path, THEIRS)
        other.close()
        found["fasttext"] = other.values
    keys = ["seconds", "private_mb", "mapped_mb", "shared_mb"]
    rows = [[name, *(f"{v[key]:.2f}" for key in keys)] for name, v in found.items()]
    if "fasttext" not in found:
        rows.append(["fasttext: skipped, too little free memory", *["-"] * len(keys)])
    header = ["reader", "seconds", "private MB", "MB of the file mapped", "shared MB"]
    print(f"Opening {path.stat().st_size / 1e9:.2f} GB")
    print(format_table(header, rows))
    path.unlink()
    values = {f"open_{k}": first.values[k] for k in keys[:2]}
    values["open_shared"] = second.values["shared_mb"] / second.values["mapped_mb"]
    if "fasttext" in found:
        values |= {f"fasttext_{k}": found["fasttext"][k] for k in keys[:2]}
    return values


def _free_bytes() -> float:
    info = Path("/proc/meminfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    return sum(1024 * int(s.split()[1]) for s in lines if s.startswith("MemAvailable"))


def time_batch(folder: Path, data: List[str], effort: Effort) -> float:
    """Time unseen words in one batch and in a loop, and print a table.

    folder (Path): Where the model is written.
    data (List[str]): Words of a corpus, which are timed as well.
    effort (Effort): How much.
    RETURNS (float): How many times faster the batch is, on invented words.
    """
    path = folder / "timed.bin"
    write_fasttext(path, ["</s>", "a"], dim=300, bucket=effort.bucket, sparse=True)
    ours, theirs = FastTextFile(path), fasttext.load_model(str(path))
    invented = list(islice(make_words(Random(2)), effort.n_unseen))
    Random(3).shuffle(data)

    def loop(words: List[str]) -> numpy.ndarray:
        return numpy.stack([theirs.get_word_vector(word) for word in words])

    rows, ratios = [], []
    for name, words in (("invented", invented), ("corpus", data[: effort.n_unseen])):
        if words:
            calls = {
                reader: partial(timed, partial(call, words))
                for reader, call in ((OURS, ours.vectors), (THEIRS, loop))
            }
            take_turns(calls, 1)  # reads the file
            turns = take_turns(calls, effort.rounds)
            ratios.append(turns.ratio(THEIRS, OURS))
            shown = [f"{1000 * turns.median(reader):.1f}" for reader in calls]
            rows.append([name, len(words), *shown, f"{ratios[-1]:.2f}"])
    print(format_table(["words", "number", "batch, ms", "loop, ms", "ratio"], rows))
    path.unlink()
    return ratios[0]


def main() -> None:
    """Read the command line, measure, print the last line."""
    parser = make_parser("fasttext", __doc__)
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of column files, for words"
    )
    parser.add_argument("--folder", type=Path, metavar="DIR", help="for large files")
    parser.add_argument("--quick", action="store_true", help="a small slice: no result")
    args = parser.parse_args()
    effort = QUICK if args.quick else Effort()
    one_thread()
    data = read_words(args.data)
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        values = {"difference": compare(folder, data, effort)}
        values |= time_opening(folder, effort)
        values["ratio"] = time_batch(folder, data, effort)
    print(format_line(values))
    if values["difference"] > 1:
        raise SystemExit("✘ The vectors are not those of fastText.")


if __name__ == "__main__":
    main()
