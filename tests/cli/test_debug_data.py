"""`spacy moee debug-data`."""

import warnings
from pathlib import Path
from typing import Any, List

import numpy
import pytest
import spacy
import srsly
from spacy.cli import app
from spacy.tokens import Doc, DocBin, Span
from spacy.util import load_config
from spacy.vectors import Vectors
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from tests.component.util import make_nlp, make_tagged, train
from tests.embeddings.fasttext.util import write_fasttext
from tests.training.test_readers import make_mixed_config

CONFIGS = Path(__file__).parents[2] / "configs"
NLP = spacy.blank("en")


def flat(text: str) -> str:
    return " ".join(text.split())


def write(path: Path, docs: List[Doc]) -> Path:
    DocBin(docs=docs).to_disk(path)
    return path


def make_docs(n: int = 120, seed: int = 0, form: Any = str) -> List[Doc]:
    tagged = make_tagged(n, seed)
    return [Doc(NLP.vocab, words=[form(w) for w in ws], ents=ts) for ws, ts in tagged]


def run(folder: Path, *args: object, config: Path = CONFIGS / "sample.cfg"):
    settings = [str(config)]
    for name in ("train.spacy", "dev.spacy", "labels.json"):
        settings += [f"--paths.{name.split('.')[0]}", str(folder / name)]
    # no bigger than they have to be
    for width in ("hidden_width", "expert_width"):
        settings += [f"--components.moee_ner.model.{width}", "8"]
    return CliRunner().invoke(app, ["moee", "debug-data", *settings, *map(str, args)])


def make_vectors(path: Path, words: List[str]) -> Path:
    nlp = spacy.blank("en")
    table = numpy.ones((len(words), 8), dtype="float32")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, keys=words)
    nlp.to_disk(path)
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write(tmp_path / "train.spacy", make_docs())
    # other sentences than those of train
    write(tmp_path / "dev.spacy", make_docs(20, 1, "Well".__add__))
    return tmp_path


def test_good_data(corpus: Path) -> None:
    result = run(corpus)
    assert result.exit_code == 0, result.output
    output = flat(result.output)
    train = [ent.label_ for doc in make_docs() for ent in doc.ents]
    dev = [ent.label_ for doc in make_docs(20, 1) for ent in doc.ents]
    for label in ("LOC", "PER"):
        assert f"{label} {train.count(label)} {dev.count(label)}" in output
    assert "train: 120 docs" in output and "dev: 20 docs" in output
    assert "No component reads word vectors" in output
    assert "10 checks passed" in output and "warning" not in output
    assert "can be initialized, and knows the types of train" in output


def test_what_is_wrong_is_a_warning(corpus: Path) -> None:
    """A doc or two for each problem."""
    rows: List[Any] = [
        (["Ada", "Byron"], ["B-RARE", "I-RARE"], [True, True]),
        (["Yahoo", "!"], ["B-PER", "I-PER"], None),
        ([" ", "Oslo"], ["B-LOC", "I-LOC"], None),
        (["who", "knows"], ["", ""], None),
        (["word"] * 10_001, ["O"] * 10_001, None),
    ]
    docs = [Doc(NLP.vocab, words=w, ents=t, sent_starts=s) for w, t, s in rows]
    known = Doc(NLP.vocab, words=["Oslo", "-based"], spaces=[False, False])
    known.ents = [Span(known, 0, 1, label="LOC")]
    glued = Doc(NLP.vocab, words=["Bo", "x"], spaces=[False, False])
    glued.ents = [Span(glued, 0, 1, label="PER")]
    docs += [known, glued]
    write(corpus / "train.spacy", [*make_docs(), *docs])
    write(corpus / "dev.spacy", [*make_docs(8, 0), *make_docs(4, 1, str.lower)])
    result = run(corpus)
    assert result.exit_code == 0, result.output
    output = flat(result.output)
    for text in (
        "Docs of dev that are in train, too: 8 (66.7 %)",
        "Docs of train with more than 10,000 tokens: 1, up to 10,001",
        "Fewer than 50 entities in train: RARE (1)",
        "In train and not in dev: RARE",
        "Tokens without annotation ('-'): 2 of train",
        "start or end with white space: 1, first 'Oslo' (LOC)",
        "start or end with punctuation: 1, first 'Yahoo !' (PER)",
        "cross the start of a sentence: 1, first 'Ada Byron' (RARE)",
        "do not start and end where a token of the pipeline does: 1, first 'Bo' (PER) "
        "in the tokens ['Box']",
        "Docs of dev: 33.3 % in lower case",
        "written in different case",
    ):
        assert text in output, text


def test_windows_of_the_components_that_training_runs(
    corpus: Path, tmp_path: Path
) -> None:
    """A sentencizer cuts an entity that holds a full stop."""
    words, tags = ["St", ".", "Ives", "left"], ["B-LOC", "I-LOC", "I-LOC", "O"]
    cut = Doc(NLP.vocab, words=words, ents=tags)
    write(corpus / "train.spacy", [*make_docs(), cut])
    text = (CONFIGS / "sample.cfg").read_text(encoding="utf8")
    text = text.replace('pipeline = ["moee_ner"]', 'pipeline = ["cut","moee_ner"]')
    text = text.replace("annotating_components = []", 'annotating_components = ["cut"]')
    text += '\n[components.cut]\nfactory = "sentencizer"\n'
    (tmp_path / "a.cfg").write_text(text, encoding="utf8")
    hidden = "are whole in no window that the network reads: 1, first 'St . Ives'"
    assert hidden in flat(run(corpus, config=tmp_path / "a.cfg").output)
    assert hidden not in flat(run(corpus).output)


def test_words_without_a_vector(corpus: Path) -> None:
    forms = sorted({token.text for doc in make_docs() for token in doc})
    lower = make_vectors(corpus / "lower", sorted({form.lower() for form in forms}))
    config = CONFIGS / "static_frozen.cfg"
    found = {}
    for attr in ("ORTH", "LOWER"):
        args = ("--components.moee_ner.model.tok2vec.attr", attr)
        result = run(corpus, "--paths.vectors", lower, *args, config=config)
        assert result.exit_code == 0, result.output
        found[attr] = flat(result.output)
    assert 'set attr = "LOWER"' in found["ORTH"]
    assert "Every word of train has a vector" in found["LOWER"]
    assert "have no vector" not in found["LOWER"]
    some = make_vectors(corpus / "some", [form.lower() for form in forms[:-1]])
    result = run(corpus, "--paths.vectors", some, config=config)
    assert f"1 of {len(forms)} distinct words, have no vector" in flat(result.output)


def test_fasttext_knows_every_word(corpus: Path) -> None:
    path = write_fasttext(corpus / "words.bin", ["ada"], dim=8)
    config = CONFIGS / "fasttext_frozen.cfg"
    result = run(corpus, "--nlp.vectors.path", path, config=config)
    assert result.exit_code == 0, result.output
    assert "Every word of train has a vector" in flat(result.output)


def test_labels_file_that_is_old(corpus: Path) -> None:
    srsly.write_json(corpus / "labels.json", ["LOC", "ORG"])
    result = run(corpus)
    assert result.exit_code == 0
    assert "does not know: PER. It learns each when it meets it" in flat(result.output)


def test_types_that_a_trained_component_lacks(corpus: Path) -> None:
    nlp = make_nlp()
    train(nlp, steps=1)
    nlp.to_disk(corpus / "source")
    docs = [*make_docs(), Doc(NLP.vocab, words=["Oslo"], ents=["B-GPE"])]
    write(corpus / "train.spacy", docs)
    args = ["moee", "debug-data", str(CONFIGS / "continue.cfg")]
    files = {"source": "source", "train": "train.spacy", "dev": "dev.spacy"}
    for name, file in files.items():
        args += [f"--paths.{name}", str(corpus / file)]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0
    assert "'moee_ner' does not know: GPE" in flat(result.output)


def test_warnings_of_the_initialization(corpus: Path) -> None:
    def warn_and_go_on(nlp: Any) -> Any:
        for _ in range(2):
            warnings.warn("[W000] Something is odd.", stacklevel=1)
        return nlp

    spacy.registry.callbacks("test_warn.v1", func=lambda: warn_and_go_on)
    config = load_config(CONFIGS / "sample.cfg")
    config["initialize"]["before_init"] = {"@callbacks": "test_warn.v1"}
    config.to_disk(corpus / "a.cfg")
    result = run(corpus, config=corpus / "a.cfg")
    assert result.exit_code == 0, result.output
    assert result.output.count("[W000] Something is odd.") == 1


def test_vectors_that_are_not_there(corpus: Path) -> None:
    """What can be counted without them is counted."""
    config = CONFIGS / "static_frozen.cfg"
    result = run(corpus, "--paths.vectors", corpus / "absent", config=config)
    assert result.exit_code == 1
    output = flat(result.output)
    assert "can't be initialized" in output and "absent" in output
    assert "50 entities or more of every type" in output and "1 error" in output
    spacy.blank("en").to_disk(corpus / "empty")
    result = run(corpus, "--paths.vectors", corpus / "empty", config=config)
    assert result.exit_code == 1 and "[M201]" in result.output


@pytest.mark.parametrize("name", ["train", "dev"])
def test_corpus_that_can_not_be_read(name: str, corpus: Path) -> None:
    for content in (None, b"nothing of spaCy's"):
        (corpus / f"{name}.spacy").unlink()
        if content is not None:
            (corpus / f"{name}.spacy").write_bytes(content)
        result = run(corpus)
        assert result.exit_code == 1
        assert f"[M716] Can't read the corpus 'corpora.{name}'" in result.output
        (corpus / f"{name}.spacy").touch()


def test_train_without_an_entity(corpus: Path) -> None:
    write(corpus / "train.spacy", [NLP.make_doc("It rains")])
    result = run(corpus)
    assert result.exit_code == 1 and "[M007]" in result.output
    write(corpus / "train.spacy", [Doc(NLP.vocab, words=["Ada"], ents=["I-PER"])])
    result = run(corpus)
    assert result.exit_code == 1 and "E093" in result.output


def test_config_that_can_not_be(corpus: Path, tmp_path: Path) -> None:
    result = run(corpus, "--components.moee_ner.model.hidden_width", "wide")
    assert result.exit_code == 1 and "hidden_width" in result.output
    text = (CONFIGS / "sample.cfg").read_text(encoding="utf8")
    path = tmp_path / "a.cfg"
    path.write_text(text.replace('factory = "moee_ner"', 'factory = "absent"'), "utf8")
    result = run(corpus, config=path)
    assert result.exit_code == 1 and "[M717]" in result.output
    result = run(corpus, "--no.such.value", "1")
    assert result.exit_code == 1 and "no -> such -> value" in result.output


def test_component_of_another_factory(corpus: Path, tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    config = nlp.config.copy()
    for name in ("train", "dev"):
        config["paths"][name] = str(corpus / f"{name}.spacy")
    config.to_disk(tmp_path / "ner.cfg")
    args = ["moee", "debug-data", str(tmp_path / "ner.cfg")]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 0, result.output
    assert "no component of the factory 'moee_ner'" in flat(result.output)


def test_help_names_spacys_own() -> None:
    result = CliRunner().invoke(app, ["moee", "debug-data", "--help"])
    assert "`spacy debug data`" in flat(result.output)


def test_raw_text_is_not_counted(tmp_path: Path) -> None:
    config = make_mixed_config(tmp_path)
    config.to_disk(tmp_path / "mixed.cfg")
    result = CliRunner().invoke(
        app, ["moee", "debug-data", str(tmp_path / "mixed.cfg")]
    )
    output = flat(result.output)
    assert result.exit_code == 0, output
    assert "train: 25 docs, 100 tokens" in output
    assert "Tokens without annotation" not in output
