"""The reader against the `fasttext` package, and files that are not whole."""

import copy
import hashlib
import pickle
import struct
import tempfile
import tracemalloc
from pathlib import Path
from typing import List

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_moee import files
from spacy_moee.embeddings.fasttext import file as fasttext_file
from spacy_moee.embeddings.fasttext.file import FastTextFile
from spacy_moee.embeddings.fasttext.prune import write_pruned
from spacy_moee.errors import MoeeError

from .util import write_fasttext

fasttext = pytest.importorskip("fasttext")

WORDS = ["ada", "</s>", "London", "日本", "é", "naïve", "😀a", "a"]
LABELS = ["__label__a", "__label__b"]
SPECIAL = [
    "",
    " ",
    "  ",
    "<",
    ">",
    "</s",
    "\n",
    "a\nb",
    "a\0b",
    "😀",
    "👩‍👩‍👧",
    *LABELS,
]
# with and without n-grams
NGRAMS = [
    (3, 6, 50),
    (1, 1, 7),
    (0, 2, 3),
    (6, 3, 50),
    (2, 90, 50),
    (0, 0, 50),
    (0, 0, 0),
]
# where the header holds a size, and the format: dim, bucket, entries, words, labels,
# pruned n-grams
SIZES = [(8, "<i"), (40, "<i"), (64, "<i"), (68, "<i"), (72, "<i"), (84, "<q")]
ENTRY = struct.Struct("<xqb")


def reference_vectors(path: Path, words: List[str]) -> numpy.ndarray:
    model = fasttext.load_model(str(path))
    return numpy.stack([model.get_word_vector(word) for word in words])


def assert_equal_vectors(found: numpy.ndarray, expected: numpy.ndarray) -> None:
    assert found.dtype == numpy.float32
    scale = numpy.maximum(1, numpy.abs(expected).max(axis=1, keepdims=True))
    assert (numpy.abs(found - expected) <= 1e-6 * scale).all()


def load_error(path: Path) -> MoeeError:
    with pytest.raises(MoeeError) as caught:
        FastTextFile(path)
    assert str(path) in str(caught.value)
    return caught.value


@pytest.mark.parametrize("version", [11, 12])
@pytest.mark.parametrize("model", ["skipgram", "cbow", "supervised"])
@pytest.mark.parametrize("ngrams", NGRAMS)
@pytest.mark.parametrize("dim", [1, 16, 30])
def test_variants(tmp_path: Path, version, model, ngrams, dim) -> None:
    minn, maxn, bucket = ngrams
    path = write_fasttext(
        tmp_path / "model.bin",
        WORDS,
        dim=dim,
        minn=minn,
        maxn=maxn,
        bucket=bucket,
        model=model,
        version=version,
        labels=LABELS,
    )
    found = FastTextFile(path)
    assert (found.dim, found.n_words) == (dim, len(WORDS))
    words = [*WORDS, *SPECIAL, "Ada", "adaada" * 20]
    assert found.known(words).tolist() == [word in WORDS + LABELS for word in words]
    # fastText reads the vectors of labels at random where there are no n-grams
    words = [word for word in words if bucket or word not in LABELS]
    assert_equal_vectors(found.vectors(words), reference_vectors(path, words))


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=15)


@settings(max_examples=50)
@given(
    known=st.lists(
        TEXTS.filter(lambda word: "\0" not in word), min_size=1, max_size=20
    ),
    others=st.lists(TEXTS, max_size=20),
    dim=st.integers(1, 40),
    bucket=st.integers(1, 100),
    batch=st.sampled_from([1, 30, 2**16]),
    seed=st.integers(0, 9),
)
def test_random_words(known, others, dim, bucket, batch, seed) -> None:
    words = [*others, *known, *SPECIAL[:-2]]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(fasttext_file, "BATCH", batch)
        path = Path(folder) / "model.bin"
        write_fasttext(path, known, dim=dim, bucket=bucket, seed=seed)
        found = FastTextFile(path)
        assert_equal_vectors(found.vectors(words), reference_vectors(path, words))
        assert found.known(words).tolist() == [word in known for word in words]


def test_label_without_a_row(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "m.bin", WORDS, bucket=0, maxn=0, labels=LABELS)
    assert not FastTextFile(path).vectors(LABELS).any()


def test_nothing_and_lone_surrogates(tmp_path: Path) -> None:
    model = FastTextFile(write_fasttext(tmp_path / "model.bin", [*WORDS, "\ud800"]))
    assert model.vectors([]).shape == (0, 8)
    assert model.known([]).tolist() == []
    assert model.known(["\ud800", "\udfff"]).tolist() == [True, False]
    assert model.vectors(["\ud800", "\udfff", "\ud83d\ude00"]).any(axis=1).all()


def test_giant_word_takes_little_memory(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "model.bin", WORDS, dim=20, bucket=1000)
    rng = numpy.random.default_rng(0)
    word = "".join(rng.choice(list("abcé日"), size=300_000))
    model = FastTextFile(path)
    model.vectors(["a"])
    tracemalloc.start()
    vectors = model.vectors(["ada", word, "b"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6
    assert_equal_vectors(vectors, reference_vectors(path, ["ada", word, "b"]))


def test_copies_open_the_file_again(tmp_path: Path) -> None:
    model = FastTextFile(write_fasttext(tmp_path / "model.bin", WORDS))
    for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert again.path == model.path
        numpy.testing.assert_array_equal(again.vectors(WORDS), model.vectors(WORDS))
    assert len(pickle.dumps(model)) < 500


def test_fingerprint(tmp_path: Path, monkeypatch) -> None:
    path = write_fasttext(tmp_path / "model.bin", WORDS)
    raw = path.read_bytes()
    model = FastTextFile(path)
    size = len(raw).to_bytes(8, "little")
    assert model.fingerprint == hashlib.sha256(size + raw).hexdigest()
    other = write_fasttext(tmp_path / "other.bin", WORDS, seed=1)
    assert FastTextFile(other).fingerprint != model.fingerprint
    # of a large file, blocks from the first to the last byte
    monkeypatch.setattr(files, "WHOLE", 100)
    monkeypatch.setattr(files, "N_SAMPLES", 3)
    monkeypatch.setattr(files, "SAMPLE", 10)
    middle = (len(raw) - 10) // 2
    read = raw[:10] + raw[middle : middle + 10] + raw[-10:]
    found = FastTextFile(path).fingerprint
    assert found == hashlib.sha256(size + read).hexdigest()


@pytest.mark.parametrize("model", ["skipgram", "supervised"])
def test_cut_off_anywhere(tmp_path: Path, model: str) -> None:
    whole = write_fasttext(tmp_path / "whole.bin", WORDS, labels=LABELS, model=model)
    raw = whole.read_bytes()
    path = tmp_path / "model.bin"
    places = {*range(0, 500), *range(0, len(raw), 41), len(raw) - 1}
    for size in sorted(places):
        path.write_bytes(raw[:size])
        assert load_error(path).code == ("M211" if size < 4 else "M214")


def test_bytes_at_the_end(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "model.bin", WORDS)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + b"\0")
    error = load_error(path)
    assert error.code == "M214"
    assert str(size) in str(error) and str(size + 1) in str(error)


@settings(max_examples=200)
@given(
    place=st.integers(0, 9),
    delta=st.one_of(
        st.integers(-300, 300), st.integers(-(2**31), 2**31 - 1), st.just(-(2**31))
    ).filter(bool),
    model=st.sampled_from(["skipgram", "supervised"]),
    pruned=st.booleans(),
)
def test_wrong_sizes(place: int, delta: int, model: str, pruned: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.bin"
        write_fasttext(path, WORDS, model=model, labels=LABELS)
        layout = FastTextFile(path).layout
        if pruned:
            write_pruned(FastTextFile(path), path, WORDS[2:])
            layout = FastTextFile(path).layout
        end = layout.matrix + layout.header.n_rows * 8 * 4
        inner = [layout.matrix - 16, layout.matrix - 8]
        if not pruned:
            inner += [end + 1, end + 9]
        sizes = SIZES + [(offset, "<q") for offset in inner]
        offset, kind = sizes[place % len(sizes)]
        raw = bytearray(path.read_bytes())
        (value,) = struct.unpack_from(kind, raw, offset)
        bits = 8 * struct.calcsize(kind)
        # round the corner, as the header's own arithmetic would
        wrong = (value + delta + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
        struct.pack_into(kind, raw, offset, wrong)
        path.write_bytes(raw)
        assert load_error(path).code in ("M213", "M214")


@given(st.binary(max_size=300), st.booleans())
def test_random_bytes(raw: bytes, has_magic: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.bin"
        head = struct.pack("<2i", 793712314, 12) if has_magic else b""
        path.write_bytes(head + raw)
        assert load_error(path).code in ("M211", "M212", "M213", "M214")


def test_damaged_entries(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "model.bin", ["ada", "bob"], labels=["x"])
    raw = path.read_bytes()
    label = raw.index(b"ada\0") + len(b"ada") + ENTRY.size - 1
    for damaged in (
        raw[:label] + b"\1" + raw[label + 1 :],
        raw[:label] + b"\7" + raw[label + 1 :],
        raw.replace(b"ada\0", b"adaa"),
        raw.replace(b"ada\0", b"ad\0\0"),
    ):
        path.write_bytes(damaged)
        assert load_error(path).code == "M214"


def test_other_kinds_of_file(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    error = load_error(path)
    assert error.code == "M210" and "No such file" in str(error)
    assert load_error(tmp_path).code == "M210"
    path.write_bytes(b"")
    assert load_error(path).code == "M211"
    path.write_text("2 3\nada 1 2 3\n")
    assert load_error(path).code == "M211"
    for version in (10, 13):
        write_fasttext(path, WORDS, version=version)
        assert load_error(path).code == "M212"


def test_quantized_and_pruned(tmp_path: Path) -> None:
    path = write_fasttext(tmp_path / "model.bin", WORDS, model="supervised")
    flag = FastTextFile(path).layout.matrix - 17
    raw = path.read_bytes()
    path.write_bytes(raw[:flag] + b"\1" + raw[flag + 1 : -50])
    assert load_error(path).code == "M213"
    for n_pruned in (0, 3):
        path.write_bytes(raw[:84] + struct.pack("<q", n_pruned) + raw[92:])
        assert load_error(path).code == "M213"
