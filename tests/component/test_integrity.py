"""Damage of saved pipelines is found when they are loaded: SHA-256 is the oracle of
what was saved, and a bit that flips anywhere is another file."""

import gc
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

import numpy
import pytest
import spacy
import srsly
from spacy.language import Language

from spacy_moee.errors import MoeeError

from ..embeddings.fasttext.util import write_fasttext
from .util import (
    get_ner,
    get_weights,
    make_examples,
    make_nlp,
    make_trained,
    predict_texts,
)

FLIPS = 100
WORDS = ["Anna", "Rome", "lives", "in", "the", "train"]


def save(folder: Path) -> Path:
    """A pipeline with every kind of file of ours."""
    path = write_fasttext(folder / "words.bin", WORDS, dim=4, bucket=20)
    vectors = {"@vectors": "spacy_moee.FastTextVectors.v1", "path": str(path)}
    settings = {"embed": True, "full_hash": True}
    nlp = spacy.blank("en", config={"nlp": {"vectors": {**vectors, **settings}}})
    model = {"hidden_width": 4, "depth": 1, "expert_width": 2}
    tok2vec = {"@architectures": "spacy_moee.StaticEmbed.v1"}
    nlp.add_pipe("moee_ner", config={"model": {**model, "tok2vec": tok2vec}})
    nlp.initialize(lambda: make_examples(nlp))
    nlp.to_disk(folder / "nlp")
    path.unlink()
    return folder / "nlp"


OURS = [
    *("moee_ner/cfg", "moee_ner/model", "moee_ner/checksums.sha256"),
    *("vocab/fasttext.json", "vocab/fasttext.vectors"),
]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: Any) -> Path:
    return save(tmp_path_factory.mktemp("integrity"))


def flips(data: bytes, n: int, seed: int) -> Iterator[bytes]:
    rng = random.Random(seed)
    for bit in rng.sample(range(8 * len(data)), min(n, 8 * len(data))):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        yield bytes(damaged)


@pytest.mark.parametrize("name", OURS)
def test_each_flipped_bit_is_refused(name: str, saved: Path) -> None:
    """Of weights, 210 of 210 were accepted before."""
    nlp = spacy.load(saved)
    ner, vectors = get_ner(nlp), nlp.vocab.vectors
    weights, labels = get_weights(nlp), ner.labels
    file = saved / name
    data = file.read_bytes()
    for damaged in flips(data, FLIPS // len(OURS), len(data)):
        file.write_bytes(damaged)
        with pytest.raises(MoeeError) as error:
            if name.startswith("vocab"):
                vectors.from_disk(saved / "vocab")
            else:
                ner.from_disk(saved / "moee_ner", exclude=["vocab"])
        assert str(saved) in str(error.value)
    with pytest.raises(MoeeError):
        spacy.load(saved)
    file.write_bytes(data)
    spacy.load(saved)
    assert (get_weights(nlp), ner.labels) == (weights, labels)


def test_all_files_are_known(saved: Path) -> None:
    """The others are spaCy's."""
    names = {p.relative_to(saved).as_posix() for p in saved.rglob("*") if p.is_file()}
    spacys = {"config.cfg", "meta.json", "tokenizer", "vocab/strings.json"}
    assert names - {*OURS} == {*spacys, "vocab/lookups.bin"}


def test_each_flipped_bit_of_bytes_is_refused(nlp: Language) -> None:
    ner, weights = get_ner(nlp), get_weights(nlp)
    data = ner.to_bytes(exclude=["vocab"])
    for damaged in [*flips(data, 15, 0), *flips(data[:44], 15, 1)]:
        damaged += data[len(damaged) :]
        with pytest.raises(MoeeError, match="M005"):
            ner.from_bytes(damaged, exclude=["vocab"])
    with pytest.raises(MoeeError, match="M005"):
        nlp.from_bytes(nlp.to_bytes().replace(data[-30:], data[-30:-1] + b"?"))
    assert get_weights(nlp) == weights


def test_sha256sum_reads_it(tmp_path: Path) -> None:
    """The oracle that we did not write."""
    if shutil.which("sha256sum") is None:
        pytest.skip("there is no sha256sum")
    make_trained().to_disk(tmp_path)
    command = ["sha256sum", "--check", "--strict", "checksums.sha256"]
    done = subprocess.run(command, cwd=tmp_path / "moee_ner", capture_output=True)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == ["cfg: OK", "model: OK"]


def forge(folder: Path, change: Callable[[Dict], None]) -> None:
    """Change a model, and its checksum with it: what an attacker can do."""
    ner = folder / "moee_ner"
    msg = srsly.msgpack_loads((ner / "model").read_bytes())
    change(msg)
    (ner / "model").write_bytes(srsly.msgpack_dumps(msg))
    write_sums(ner)


def write_sums(ner: Path) -> None:
    from spacy_moee.checksums import write_checksums

    write_checksums(ner, ["cfg", "model"])


def in_network(change: Callable[[Dict], None]) -> Callable[[Dict], None]:
    def in_msg(msg: Dict) -> None:
        network = srsly.msgpack_loads(msg["shims"][0][0])
        change(network)
        msg["shims"][0][0] = srsly.msgpack_dumps(network)

    return in_msg


def all_nan(network: Dict) -> None:
    for name, array in network["weights"].items():
        if array.dtype.kind == "f":
            network["weights"][name] = numpy.full_like(array, numpy.nan)


def one_infinity(network: Dict) -> None:
    name = next(k for k, v in network["weights"].items() if v.dtype.kind == "f")
    array = network["weights"][name].copy()
    array.flat[0] = numpy.inf
    network["weights"][name] = array


def in_embeddings(change: Callable[[Any], Any]) -> Callable[[Dict], None]:
    def in_msg(msg: Dict) -> None:
        tables = (
            (params, name)
            for params in msg["params"]
            for name, array in params.items()
            if array is not None
        )
        params, name = next(tables)
        params[name] = change(params[name])

    return in_msg


def large(network: Dict) -> None:
    network["sizes"]["width"] = 10**7


def attr(name: str, value: Any) -> Callable[[Dict], None]:
    def change(msg: Dict) -> None:
        msg["attrs"][0][name] = srsly.msgpack_dumps(value)

    return change


FORGED = {
    "all NaN": (in_network(all_nan), "not finite"),
    "one infinity": (in_network(one_infinity), "not finite"),
    "NaN in the embeddings": (
        in_embeddings(lambda array: numpy.full_like(array, numpy.nan)),
        "not finite",
    ),
    "sizes that nothing explains": (in_network(large), "; expected"),
    "huge sizes": (in_network(lambda n: n["sizes"].update(n_tags=2**62)), "M102"),
    "negative sizes": (in_network(lambda n: n["sizes"].update(width=-1)), "sizes"),
    "a size that is no number": (
        in_network(lambda n: n["sizes"].update(width="9")),
        "sizes",
    ),
    "a setting of the config": (
        in_network(lambda n: n["sizes"].update(constrained=False)),
        "sizes",
    ),
    "another part": (in_network(lambda n: n.update(code="x")), "M102"),
    "a weight that is no array": (
        in_network(lambda n: n["weights"].update(category="x")),
        "category is",
    ),
    "weights of another kind": (
        in_network(
            lambda n: n["weights"].update(
                {k: v.astype("float64") for k, v in n["weights"].items()}
            )
        ),
        "float64",
    ),
    "a new setting": (attr("evil", 1), "evil"),
    "a text for a function": (attr("segments", "os.system"), "segments"),
    "a text for a number": (attr("dropout_rate", "0.1"), "dropout_rate"),
    "no such part": (lambda msg: msg.pop("shims"), "shims"),
    "a parameter that is a text": (in_embeddings(lambda array: "x"), "<U1"),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_checksums_do_not_find(name: str, nlp: Language, tmp_path: Path) -> None:
    """Weights that can't be are refused even with right checksums."""
    change, match = FORGED[name]
    make_trained().to_disk(tmp_path)
    forge(tmp_path, change)
    ner, weights, attrs = get_ner(nlp), get_weights(nlp), list_attrs(nlp)
    for load in (
        lambda: spacy.load(tmp_path),
        lambda: ner.from_disk(tmp_path / "moee_ner", exclude=["vocab"]),
    ):
        with pytest.raises(MoeeError, match=f"M005.*{match}"):
            load()
    assert get_weights(nlp) == weights and list_attrs(nlp) == attrs
    assert gc.isenabled()
    assert any(ents for *_, ents in predict_texts(nlp))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts kilobytes")
def test_a_small_file_takes_little_memory(tmp_path: Path) -> None:
    """It was 2 GB before, for a file of 0.14 MB."""
    import resource

    make_trained().to_disk(tmp_path)
    spacy.load(tmp_path)
    forge(tmp_path, in_network(lambda n: n["sizes"].update(width=4 * 10**6)))
    assert (tmp_path / "moee_ner" / "model").stat().st_size < 200_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(MoeeError, match="M005.*M102"):
        spacy.load(tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def list_attrs(nlp: Language) -> Any:
    return [{**node.attrs} for node in get_ner(nlp).model.walk()]


@pytest.mark.parametrize(
    "cfg, match",
    [
        ({"labels": ["LOC", "QER"]}, "M020"),
        ({"labels": ["LOC", "LOC"]}, "M021.*twice"),
        ({"labels": "AB"}, "M021"),
        ({"labels": ["LOC", 7]}, "M003"),
        ({"labels": ["LOC", "B-PER"]}, "M003"),
    ],
)
def test_labels(cfg: Any, match: str, nlp: Language, tmp_path: Path) -> None:
    """The name of a type that was damaged, and names that can't be."""
    make_trained().to_disk(tmp_path)
    srsly.write_json(tmp_path / "moee_ner" / "cfg", cfg)
    if match != "M020":
        write_sums(tmp_path / "moee_ner")
    with pytest.raises(MoeeError, match=f"M005.*{match}"):
        spacy.load(tmp_path)
    with pytest.raises(MoeeError, match=f"M005.*{match}"):
        get_ner(nlp).from_disk(tmp_path / "moee_ner", exclude=["vocab"])
    assert get_ner(nlp).labels == ("LOC", "PER")


def test_the_file_of_checksums(tmp_path: Path) -> None:
    nlp = make_trained()
    nlp.to_disk(tmp_path)
    file = tmp_path / "moee_ner" / "checksums.sha256"
    lines = file.read_text("utf8").splitlines(keepends=True)
    damaged = ["", lines[0], lines[1], lines[1] * 2, "".join(lines)[:-1]]
    damaged += ["".join(lines).replace("model", "../model"), "\n" + "".join(lines)]
    # a line break to `splitlines`, too, one bit away
    damaged += ["".join(lines).replace("\n", "\x0b", 1)]
    for text in damaged:
        file.write_text(text, "utf8")
        with pytest.raises(MoeeError, match="M005.*M020"):
            spacy.load(tmp_path)
    # what an older version saved has none, and is read
    file.unlink()
    assert predict_texts(spacy.load(tmp_path)) == predict_texts(nlp)


def test_saved_over_what_was_there(nlp: Language, tmp_path: Path) -> None:
    """Training saves to one folder again and again."""
    untrained = make_nlp()
    untrained.to_disk(tmp_path)
    nlp.to_disk(tmp_path)
    assert predict_texts(spacy.load(tmp_path)) == predict_texts(nlp)
    # parts that are not loaded are not checked
    (tmp_path / "moee_ner" / "model").write_bytes(b"")
    ner = get_ner(make_nlp())
    ner.from_disk(tmp_path / "moee_ner", exclude=["vocab", "model"])
    assert ner.labels == ("LOC", "PER")
