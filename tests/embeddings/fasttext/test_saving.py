"""FastTextVectors: saved, loaded, pickled, sourced. The oracle is fasttext."""

import copy
import os
import pickle
import shutil
import warnings
from pathlib import Path
from typing import Any, List

import numpy
import pytest
import spacy
import srsly
from hypothesis import given
from hypothesis import strategies as st
from spacy.attrs import ORTH
from spacy.lang.en import English
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import load_config
from spacy.vectors import Vectors
from spacy.vocab import Vocab

from spacy_moee import files
from spacy_moee.embeddings.fasttext import source as fasttext_source
from spacy_moee.embeddings.fasttext.file import FastTextFile
from spacy_moee.embeddings.fasttext.reference import Reference, from_json, to_json
from spacy_moee.embeddings.fasttext.vectors import FastTextVectors
from spacy_moee.errors import MoeeError
from tests.component.util import initialize

from .test_vectors import DIM, WORDS, assert_close, look_up, make_nlp
from .util import write_fasttext

NEW = ["Lomdon", "neverseen"]
# half precision
HALF: Any = {"rtol": 2e-3, "atol": 2e-3}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_fasttext(tmp_path / "words.bin", WORDS, dim=DIM)


@pytest.fixture
def other_path(tmp_path: Path) -> Path:
    return write_fasttext(tmp_path / "other.bin", WORDS, dim=DIM, seed=1)


@pytest.fixture
def oracle(path: Path) -> Any:
    fasttext = pytest.importorskip("fasttext")
    return fasttext.load_model(str(path))


def get_vectors(nlp: Language, words: List[str]) -> numpy.ndarray:
    doc = Doc(nlp.vocab, words=words)
    found = nlp.vocab.vectors.get_batch(doc.to_array(ORTH))
    numpy.testing.assert_array_equal(found, [token.vector for token in doc])
    return found


def add_static_ner(nlp: Language) -> Language:
    """moee_ner on the raw vectors, initialized."""
    tok2vec = {"@architectures": "spacy_moee.StaticEmbed.v1"}
    model = {"hidden_width": 8, "depth": 1, "expert_width": 4, "tok2vec": tok2vec}
    nlp.add_pipe("moee_ner", config={"model": model})
    initialize(nlp)
    return nlp


class TestReference:
    def test_round_trip(self, path: Path, oracle: Any, tmp_path: Path) -> None:
        nlp = make_nlp(path)
        nlp.to_disk(tmp_path / "model")
        saved = srsly.read_json(tmp_path / "model" / "vocab" / "fasttext.json")
        assert saved.pop("fingerprint") == nlp.vocab.vectors.source.file.fingerprint
        assert len(saved.pop("checksum")) == 12
        assert saved == {
            "path": str(path),
            "dim": DIM,
            "lowercase": False,
            "embedded": False,
            "sha256": "",
        }
        assert not (tmp_path / "model" / "vocab" / "fasttext.vectors").exists()
        loaded = spacy.load(tmp_path / "model")
        assert_close(get_vectors(loaded, WORDS + NEW), look_up(oracle, WORDS + NEW))
        assert loaded.vocab.vectors == nlp.vocab.vectors
        assert loaded.meta["vectors"] == nlp.meta["vectors"]

    def test_loading_opens_it_once(
        self, path: Path, tmp_path: Path, monkeypatch
    ) -> None:
        make_nlp(path).to_disk(tmp_path / "model")
        opened: List[Path] = []

        def open_file(path: Path) -> FastTextFile:
            opened.append(path)
            return FastTextFile(path)

        monkeypatch.setattr(fasttext_source, "FastTextFile", open_file)
        spacy.load(tmp_path / "model")
        assert opened == [path]

    def test_relative_path(self, path: Path, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.chdir(tmp_path)
        nlp = make_nlp("words.bin")
        nlp.to_disk("model")
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        loaded = spacy.load("../model")
        assert loaded.vocab.vectors == nlp.vocab.vectors

    def test_swapped_file_is_refused(self, path: Path, tmp_path: Path) -> None:
        nlp = make_nlp(path)
        nlp.to_disk(tmp_path / "model")
        before = nlp.vocab.vectors.source.file.fingerprint
        path.unlink()
        write_fasttext(path, WORDS, dim=DIM, seed=1)
        with pytest.raises(MoeeError, match="M221") as error:
            spacy.load(tmp_path / "model")
        found = FastTextVectors(path).source.file.fingerprint
        for part in (before, found, str(path), str(tmp_path / "model"), "nlp.vectors"):
            assert part in str(error.value)

    def test_moved_file(self, path: Path, oracle: Any, tmp_path: Path) -> None:
        make_nlp(path).to_disk(tmp_path / "model")
        moved = path.rename(tmp_path / "moved.bin")
        with pytest.raises(MoeeError, match="M220") as error:
            spacy.load(tmp_path / "model")
        for part in (str(path), str(tmp_path / "model"), "nlp.vectors.path", "embed"):
            assert part in str(error.value)
        for override in (
            {"nlp.vectors.path": str(moved)},
            {"nlp": {"vectors": {"path": str(moved)}}},
        ):
            loaded = spacy.load(tmp_path / "model", config=override)
            assert_close(get_vectors(loaded, NEW), look_up(oracle, NEW))
        loaded.to_disk(tmp_path / "again")
        saved = srsly.read_json(tmp_path / "again" / "vocab" / "fasttext.json")
        assert saved["path"] == str(moved)
        again = spacy.load(tmp_path / "again")
        assert_close(get_vectors(again, NEW), look_up(oracle, NEW))

    def test_override_with_other_vectors(
        self, path: Path, other_path: Path, tmp_path: Path, oracle: Any
    ) -> None:
        make_nlp(path).to_disk(tmp_path / "model")
        override = {"nlp.vectors.path": str(other_path)}
        with pytest.warns(UserWarning, match="MW22"):
            loaded = spacy.load(tmp_path / "model", config=override)
        assert_close(get_vectors(loaded, NEW), look_up(oracle, NEW))
        path.unlink()
        with pytest.raises(MoeeError, match="M221"):
            spacy.load(tmp_path / "model", config=override)

    def test_lowercase_is_kept(self, path: Path, oracle: Any, tmp_path: Path) -> None:
        make_nlp(path, lowercase=True).to_disk(tmp_path / "model")
        loaded = spacy.load(tmp_path / "model")
        assert_close(get_vectors(loaded, ["ADA"]), look_up(oracle, ["ada"]))
        assert loaded.vocab.vectors != make_nlp(path).vocab.vectors

    def test_without_vectors(self, path: Path, oracle: Any, tmp_path: Path) -> None:
        nlp = make_nlp(path)
        nlp.to_disk(tmp_path / "model", exclude=["vectors"])
        assert not (tmp_path / "model" / "vocab" / "fasttext.json").exists()
        loaded = spacy.load(tmp_path / "model")
        assert_close(get_vectors(loaded, NEW), look_up(oracle, NEW))

    def test_failed_write_leaves_what_was(
        self, path: Path, other_path: Path, tmp_path: Path, monkeypatch
    ) -> None:
        make_nlp(path).to_disk(tmp_path / "model")

        def fail(*args: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", fail)
        with pytest.raises(MoeeError, match="M216.*No space"):
            make_nlp(other_path).to_disk(tmp_path / "model")
        monkeypatch.undo()
        names = {p.name for p in (tmp_path / "model" / "vocab").glob("*fasttext*")}
        assert names == {"fasttext.json"}
        reference = srsly.read_json(tmp_path / "model" / "vocab" / "fasttext.json")
        assert reference["path"] == str(path)


REFERENCES = st.builds(
    Reference, st.text(), st.text(), st.integers(0, 2**40), st.booleans(), st.booleans()
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda x: (
        st.lists(x, max_size=2) | st.dictionaries(st.sampled_from(Reference._fields), x)
    ),
    max_leaves=8,
)


class TestReferenceFormat:
    @given(reference=REFERENCES)
    def test_round_trip(self, reference: Reference) -> None:
        assert from_json(to_json(reference), "here") == reference

    @given(data=st.binary() | JSON.map(lambda x: srsly.json_dumps(x).encode()))
    def test_anything_else_is_refused(self, data: bytes) -> None:
        try:
            reference = from_json(data, "the test")
        except MoeeError as error:
            assert error.code == "M222" and "the test" in str(error)
        else:
            assert to_json(reference) == to_json(Reference(**srsly.json_loads(data)))

    def test_from_disk(self, path: Path, tmp_path: Path) -> None:
        make_nlp(path).to_disk(tmp_path / "model")
        reference = tmp_path / "model" / "vocab" / "fasttext.json"
        reference.write_text(reference.read_text("utf8")[:-9], "utf8")
        with pytest.raises(MoeeError, match="M222") as error:
            spacy.load(tmp_path / "model")
        assert str(reference) in str(error.value)


class TestDamage:
    def test_a_reference_without_checksum(self, path: Path, tmp_path: Path) -> None:
        """What the version before wrote."""
        make_nlp(path).to_disk(tmp_path / "model")
        file = tmp_path / "model" / "vocab" / "fasttext.json"
        fields = srsly.read_json(file)
        del fields["checksum"], fields["sha256"]
        srsly.write_json(file, fields)
        assert spacy.load(tmp_path / "model").vocab.vectors.shape[1] == DIM

    @pytest.mark.parametrize(
        "change", [{"dim": DIM + 1}, {"lowercase": True}, {"sha256": "0"}, {"new": 1}]
    )
    def test_a_reference_that_was_changed(
        self, change: dict, path: Path, tmp_path: Path
    ) -> None:
        make_nlp(path).to_disk(tmp_path / "model")
        file = tmp_path / "model" / "vocab" / "fasttext.json"
        srsly.write_json(file, {**srsly.read_json(file), **change})
        with pytest.raises(MoeeError, match="M222.*(checksum|unknown)"):
            spacy.load(tmp_path / "model")

    @pytest.mark.parametrize("embed", [True, False])
    def test_full_hash(
        self, embed: bool, path: Path, tmp_path: Path, monkeypatch: Any
    ) -> None:
        """The fingerprint of a large file leaves most of its bytes out."""
        for name, value in (("WHOLE", 100), ("N_SAMPLES", 3), ("SAMPLE", 10)):
            monkeypatch.setattr(files, name, value)
        make_nlp(path, full_hash=True, embed=embed).to_disk(tmp_path / "model")
        nlp = spacy.load(tmp_path / "model")
        nlp.from_bytes(nlp.to_bytes())
        file = tmp_path / "model" / "vocab" / "fasttext.vectors" if embed else path
        data = bytearray(file.read_bytes())
        data[-30] ^= 1
        file.write_bytes(data)
        with pytest.raises(MoeeError, match="M265") as error:
            spacy.load(tmp_path / "model")
        assert str(file) in str(error.value)
        partly = {"nlp.vectors.full_hash": False}
        assert spacy.load(tmp_path / "model", config=partly).vocab.vectors.shape[1]

    def test_full_hash_of_what_has_none(self, path: Path, tmp_path: Path) -> None:
        make_nlp(path).to_disk(tmp_path / "model")
        full = {"nlp.vectors.full_hash": True}
        with pytest.raises(MoeeError, match="M266.*full_hash': False") as error:
            spacy.load(tmp_path / "model", config=full)
        assert str(path) in str(error.value)


class TestCopy:
    def test_pipeline_carries_it(self, path: Path, oracle: Any, tmp_path: Path) -> None:
        nlp = make_nlp(path, embed=True)
        nlp.to_disk(tmp_path / "model")
        expected = look_up(oracle, WORDS + NEW)
        path.unlink()
        (tmp_path / "model").rename(tmp_path / "elsewhere")
        loaded = spacy.load(tmp_path / "elsewhere")
        found = get_vectors(loaded, WORDS + NEW)
        numpy.testing.assert_allclose(found, expected, **HALF)
        assert loaded.vocab.vectors.source.file.path.parent.parent.name == "elsewhere"
        # the running pipeline still has the numbers that it had
        assert_close(get_vectors(nlp, WORDS + NEW), expected)

    def test_pruned(self, path: Path, oracle: Any, tmp_path: Path) -> None:
        nlp = make_nlp(path, embed=True, prune=True)
        nlp("Ada lives")
        assert {"Ada", "lives"} <= set(nlp.vocab.strings)
        assert "London" not in nlp.vocab.strings
        nlp.to_disk(tmp_path / "model")
        loaded = spacy.load(tmp_path / "model")
        kept = ["Ada", "lives", *NEW]
        expected = look_up(oracle, kept)
        numpy.testing.assert_allclose(get_vectors(loaded, kept), expected, **HALF)
        known = loaded.vocab.vectors.source.file.known(WORDS)
        assert [w for w, is_known in zip(WORDS, known, strict=True) if is_known] == [
            word for word in WORDS if word in nlp.vocab.strings
        ]
        # what is left out is a word that was never seen
        rows = oracle.get_subwords("London")[1][1:]
        mean = oracle.get_input_matrix()[rows].mean(axis=0)
        found = get_vectors(loaded, ["London"])[0]
        numpy.testing.assert_allclose(found, mean, **HALF)

    def test_pruned_lower_case(self, path: Path, tmp_path: Path) -> None:
        nlp = make_nlp(path, embed=True, prune=True, lowercase=True)
        nlp("ADA")
        nlp.to_disk(tmp_path / "model")
        file = spacy.load(tmp_path / "model").vocab.vectors.source.file
        assert file.known(["ada", "Ada", "London"]).tolist() == [True, False, False]

    def test_saved_again(self, path: Path, tmp_path: Path) -> None:
        make_nlp(path, embed=True).to_disk(tmp_path / "model")
        path.unlink()
        nlp = spacy.load(tmp_path / "model")
        expected = get_vectors(nlp, WORDS + NEW)
        # also without `embed`: a reference into another model's folder would not last
        override = {"nlp.vectors.embed": False}
        nlp = spacy.load(tmp_path / "model", config=override)
        first = tmp_path / "model" / "vocab" / "fasttext.vectors"
        second = tmp_path / "again" / "vocab" / "fasttext.vectors"
        for _ in range(2):
            nlp.to_disk(tmp_path / "again")
            assert first.samefile(second)
        # onto itself
        inode = first.stat().st_ino
        nlp.to_disk(tmp_path / "model")
        assert first.stat().st_ino == inode
        for name in ("model", "again"):
            found = get_vectors(spacy.load(tmp_path / name), WORDS + NEW)
            numpy.testing.assert_array_equal(found, expected)
            names = {p.name for p in (tmp_path / name / "vocab").glob("*fasttext*")}
            assert names == {"fasttext.json", "fasttext.vectors"}

    def test_file_system_without_links(
        self, path: Path, tmp_path: Path, monkeypatch
    ) -> None:
        def fail(*args: Any) -> None:
            raise OSError(95, "Operation not supported")

        make_nlp(path, embed=True).to_disk(tmp_path / "model")
        nlp = spacy.load(tmp_path / "model")
        monkeypatch.setattr(os, "link", fail)
        nlp.to_disk(tmp_path / "again")
        monkeypatch.undo()
        first, second = (
            tmp_path / name / "vocab" / "fasttext.vectors"
            for name in ("model", "again")
        )
        assert not first.samefile(second)
        assert first.read_bytes() == second.read_bytes()
        assert spacy.load(tmp_path / "again").vocab.vectors == nlp.vocab.vectors

    def test_lost_or_changed_copy(
        self, path: Path, other_path: Path, tmp_path: Path
    ) -> None:
        make_nlp(path, embed=True).to_disk(tmp_path / "model")
        make_nlp(other_path, embed=True).to_disk(tmp_path / "other")
        lost = tmp_path / "model" / "vocab" / "fasttext.vectors"
        lost.unlink()
        with pytest.raises(MoeeError, match="M220") as error:
            spacy.load(tmp_path / "model")
        assert str(lost) in str(error.value)
        shutil.copy(tmp_path / "other" / "vocab" / "fasttext.vectors", lost)
        with pytest.raises(MoeeError, match="M221"):
            spacy.load(tmp_path / "model")
        lost.write_bytes(lost.read_bytes()[:-5])
        with pytest.raises(MoeeError, match="M214"):
            spacy.load(tmp_path / "model")

    def test_reference_replaces_a_copy(
        self, path: Path, other_path: Path, tmp_path: Path, oracle: Any
    ) -> None:
        make_nlp(other_path, embed=True).to_disk(tmp_path / "model")
        make_nlp(path).to_disk(tmp_path / "model")
        assert not (tmp_path / "model" / "vocab" / "fasttext.vectors").exists()
        loaded = spacy.load(tmp_path / "model")
        assert_close(get_vectors(loaded, NEW), look_up(oracle, NEW))

    @pytest.mark.parametrize("embed", [False, True])
    def test_config_that_names_a_copy(
        self, path: Path, tmp_path: Path, embed: bool
    ) -> None:
        """To train on when the .bin is gone."""
        make_nlp(path, embed=True).to_disk(tmp_path / "model")
        path.unlink()
        copied = tmp_path / "model" / "vocab" / "fasttext.vectors"
        nlp = make_nlp(copied, embed=embed)
        expected = get_vectors(nlp, WORDS + NEW)
        nlp.to_disk(tmp_path / "again")
        nlp.to_disk(tmp_path / "model")
        loaded = spacy.load(tmp_path / "again")
        numpy.testing.assert_array_equal(get_vectors(loaded, WORDS + NEW), expected)
        (tmp_path / "model").rename(tmp_path / "elsewhere")
        loaded = spacy.load(tmp_path / "elsewhere")
        numpy.testing.assert_array_equal(get_vectors(loaded, WORDS + NEW), expected)

    def test_permissions(self, path: Path, tmp_path: Path) -> None:
        make_nlp(path, embed=True).to_disk(tmp_path / "model")
        modes = {p.stat().st_mode for p in (tmp_path / "model" / "vocab").iterdir()}
        assert len(modes) == 1


class TestBytes:
    def test_round_trip(self, path: Path, oracle: Any) -> None:
        nlp = make_nlp(path, lowercase=True)
        data = nlp.to_bytes()
        loaded = English.from_config(nlp.config).from_bytes(data)
        assert_close(get_vectors(loaded, ["ADA"]), look_up(oracle, ["ada"]))
        assert loaded.vocab.vectors == nlp.vocab.vectors
        assert len(nlp.vocab.vectors.to_bytes()) < 300

    def test_of_a_copy(self, path: Path, tmp_path: Path) -> None:
        make_nlp(path, embed=True).to_disk(tmp_path / "model")
        path.unlink()
        nlp = spacy.load(tmp_path / "model")
        loaded = English.from_config(nlp.config).from_bytes(nlp.to_bytes())
        expected = get_vectors(nlp, WORDS + NEW)
        numpy.testing.assert_array_equal(get_vectors(loaded, WORDS + NEW), expected)
        loaded.to_disk(tmp_path / "again")
        shutil.rmtree(tmp_path / "model")
        again = spacy.load(tmp_path / "again")
        numpy.testing.assert_array_equal(get_vectors(again, WORDS + NEW), expected)

    def test_other_vectors_are_refused(self, path: Path, other_path: Path) -> None:
        data = make_nlp(path).to_bytes()
        with pytest.raises(MoeeError, match="M221"):
            make_nlp(other_path).from_bytes(data)

    def test_equality(self, path: Path, other_path: Path, tmp_path: Path) -> None:
        moved = shutil.copy(path, tmp_path / "copy.bin")
        one, same, other = (
            make_nlp(p).vocab.vectors for p in (path, moved, other_path)
        )
        assert one == same and one != other and one != make_nlp(path)
        # spaCy compares these
        assert one.to_bytes() == same.to_bytes() != other.to_bytes()
        assert one != spacy.blank("en").vocab.vectors
        assert spacy.blank("en").vocab.vectors != one
        lower = make_nlp(path, lowercase=True).vocab.vectors
        assert one != lower and one.to_bytes() != lower.to_bytes()

    def test_absent_file(self, tmp_path: Path, path: Path) -> None:
        vectors = make_nlp(tmp_path / "absent.bin").vocab.vectors
        assert vectors == make_nlp(tmp_path / "absent.bin").vocab.vectors
        assert vectors != make_nlp(path).vocab.vectors
        assert vectors.from_bytes(vectors.to_bytes()) is vectors


def copies(thing: Any) -> List[Any]:
    return [pickle.loads(pickle.dumps(thing)), copy.deepcopy(thing)]


class TestPickle:
    @pytest.mark.parametrize("generations", [1, 2, 3])
    def test_pipeline_and_vocab(
        self, path: Path, oracle: Any, generations: int
    ) -> None:
        nlp = make_nlp(path, lowercase=True)
        nlp.vocab.vectors.name = "mine"
        nlp("Ada lives")
        made: List[Language] = [nlp]
        for _ in range(generations):
            made = [copied for thing in made for copied in copies(thing)]
        for copied in made:
            # also words that came after
            assert_close(
                get_vectors(copied, ["ADA", "Lomdon"]),
                look_up(oracle, ["ada", "lomdon"]),
            )
            assert_close(copied("Brandnew")[0].vector, look_up(oracle, ["brandnew"])[0])
            assert copied.vocab.vectors == nlp.vocab.vectors
            assert copied.vocab.vectors.name == "mine"
        for vocab in copies(nlp.vocab):
            assert_close(vocab["Other"].vector, look_up(oracle, ["other"])[0])

    def test_docs(self, path: Path, oracle: Any) -> None:
        doc = make_nlp(path)("Ada lives in Lomdon")
        for copied in copies(doc):
            assert copied.text == doc.text
            assert_close(
                [t.vector for t in copied], look_up(oracle, [t.text for t in doc])
            )

    def test_doc_without_the_file(self, path: Path) -> None:
        data = pickle.dumps(make_nlp(path)("Ada lives"))
        moved = path.rename(path.with_name("moved.bin"))
        doc = pickle.loads(data)
        assert [token.text for token in doc] == ["Ada", "lives"]
        with pytest.raises(MoeeError, match="M220"):
            doc.vector  # noqa: B018
        moved.rename(path)
        assert doc.vector.any()

    def test_replaced_file(self, path: Path) -> None:
        data = pickle.dumps(make_nlp(path))
        path.unlink()
        write_fasttext(path, WORDS, dim=DIM, seed=1)
        with pytest.raises(MoeeError, match="M221"):
            pickle.loads(data)("Ada")[0].vector  # noqa: B018

    def test_alone(self, path: Path, oracle: Any) -> None:
        for vectors in copies(FastTextVectors(path)):
            for vocab in (Vocab(), spacy.blank("en").vocab):
                vocab.vectors = vectors
                assert_close(vocab["Lomdon"].vector, look_up(oracle, ["Lomdon"])[0])

    def test_of_a_copy(self, path: Path, tmp_path: Path) -> None:
        make_nlp(path, embed=True).to_disk(tmp_path / "model")
        path.unlink()
        nlp = spacy.load(tmp_path / "model")
        for copied in copies(nlp):
            numpy.testing.assert_array_equal(
                get_vectors(copied, WORDS + NEW), get_vectors(nlp, WORDS + NEW)
            )

    def test_absent_file(self, tmp_path: Path) -> None:
        for copied in copies(make_nlp(tmp_path / "absent.bin")):
            assert copied("Ada lives")[1].text == "lives"


class TestSource:
    """`[components.x] source`, and a pipeline's components in another one."""

    def from_config(self, path: Path, model: Path) -> Language:
        config = make_nlp(path).config
        config["nlp"]["pipeline"] = ["tagger"]
        config["components"] = {"tagger": {"source": str(model)}}
        config["training"]["frozen_components"] = ["tagger"]
        return English.from_config(config)

    def save_tagger(self, path: Path, model: Path, **settings: bool) -> Path:
        nlp = make_nlp(path, **settings)
        tagger: Any = nlp.add_pipe("tagger")
        tagger.add_label("X")
        nlp.initialize()
        nlp.to_disk(model)
        return model

    def test_same_vectors(self, path: Path, oracle: Any, tmp_path: Path) -> None:
        nlp = self.from_config(path, self.save_tagger(path, tmp_path / "model"))
        # a W113 would be an error
        with nlp.select_pipes(disable=["tagger"]):
            nlp.initialize()
        assert_close(get_vectors(nlp, NEW), look_up(oracle, NEW))

    def test_other_vectors(
        self, path: Path, other_path: Path, oracle: Any, tmp_path: Path
    ) -> None:
        model = self.save_tagger(other_path, tmp_path / "model", lowercase=True)
        # while the component is loaded, the vectors are its own
        with pytest.warns(UserWarning, match="MW22"):
            nlp = self.from_config(path, model)
        assert_close(get_vectors(nlp, ["ADA"]), look_up(oracle, ["ADA"]))
        with nlp.select_pipes(disable=["tagger"]):
            with pytest.warns(UserWarning, match="W113"):
                nlp.initialize()

    @pytest.mark.parametrize("n_rows", [0, 3])
    def test_source_with_a_plain_table(
        self, path: Path, oracle: Any, tmp_path: Path, n_rows: int
    ) -> None:
        nlp = spacy.blank("en")
        if n_rows:
            table = numpy.ones((n_rows, DIM), dtype="f")
            nlp.vocab.vectors = Vectors(data=table, keys=WORDS[:n_rows])
        tagger: Any = nlp.add_pipe("tagger")
        tagger.add_label("X")
        nlp.initialize()
        nlp.to_disk(tmp_path / "plain")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            nlp = self.from_config(path, tmp_path / "plain")
        assert ["W113" in str(w.message) for w in caught] == [True] * bool(n_rows)
        assert_close(get_vectors(nlp, NEW), look_up(oracle, NEW))

    def test_copy_as_source_and_as_vectors(self, path: Path, tmp_path: Path) -> None:
        model = self.save_tagger(path, tmp_path / "model", embed=True)
        path.unlink()
        copied = model / "vocab" / "fasttext.vectors"
        nlp = self.from_config(copied, model)
        with nlp.select_pipes(disable=["tagger"]):
            nlp.initialize()
        assert get_vectors(nlp, NEW).any()

    def test_absent_file(self, path: Path, tmp_path: Path) -> None:
        model = self.save_tagger(path, tmp_path / "model", embed=True, lowercase=True)
        vectors = self.from_config(tmp_path / "absent.bin", model).vocab.vectors
        assert not vectors.source.lowercase
        with pytest.raises(MoeeError, match="M220"):
            vectors.get_batch(["Ada"])

    def test_add_pipe(self, path: Path, other_path: Path, tmp_path: Path) -> None:
        source = spacy.load(self.save_tagger(path, tmp_path / "model"))
        make_nlp(path).add_pipe("tagger", source=source)
        with pytest.warns(UserWarning, match="W113"):
            make_nlp(other_path).add_pipe("tagger", source=source)

    def test_moee_ner_in_a_plain_pipeline(self, path: Path) -> None:
        source = add_static_ner(make_nlp(path))
        nlp = spacy.blank("en")
        with pytest.warns(UserWarning, match="W113"):
            nlp.add_pipe("moee_ner", source=source)
        with pytest.raises(MoeeError, match="M20[13]"):
            nlp("Ada lives in London")

    def test_vocab_of_another_pipeline(self, path: Path, tmp_path: Path) -> None:
        add_static_ner(make_nlp(path)).to_disk(tmp_path / "model")
        nlp = spacy.load(tmp_path / "model", vocab=spacy.blank("en").vocab)
        with pytest.raises(MoeeError, match="M20[13]"):
            nlp("Ada lives in London")
        # with the same vectors it works
        nlp = spacy.load(tmp_path / "model", vocab=make_nlp(path).vocab)
        assert nlp("Ada lives in London").text == "Ada lives in London"


def test_as_initial_vectors(
    path: Path, other_path: Path, oracle: Any, tmp_path: Path
) -> None:
    """[initialize] vectors = a pipeline with such vectors."""
    make_nlp(path, embed=True).to_disk(tmp_path / "model")
    nlp = make_nlp(other_path)
    nlp.config["initialize"]["vectors"] = str(tmp_path / "model")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp.initialize()
    found = get_vectors(nlp, WORDS + NEW)
    numpy.testing.assert_allclose(found, look_up(oracle, WORDS + NEW), **HALF)


def test_saved_config_is_the_one_given(path: Path, tmp_path: Path) -> None:
    make_nlp(path, embed=True, prune=True).to_disk(tmp_path / "model")
    assert load_config(tmp_path / "model" / "config.cfg")["nlp"]["vectors"] == {
        "@vectors": "spacy_moee.FastTextVectors.v1",
        "path": str(path),
        "lowercase": False,
        "embed": True,
        "prune": True,
        "full_hash": False,
    }
