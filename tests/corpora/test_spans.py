"""Texts with spans become docs, and no span is lost in silence."""

import warnings
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import DocBin
from spacy.training import Corpus, offsets_to_biluo_tags
from spacy.vocab import Vocab

from spacy_moee.corpora.formats.items import Annotated, CharSpan
from spacy_moee.corpora.options import Options
from spacy_moee.corpora.spans import make_docs
from spacy_moee.errors import MoeeError

from .formats.util import NLP, SETTINGS, get_chars, get_ents, kinds, texts

FILE = Path("data.jsonl")


def convert(text, *spans, complete=True, tokens=None, vocab=NLP.vocab, **options):
    chars = [CharSpan(*span, where=f"line {i}") for i, span in enumerate(spans, 1)]
    item = Annotated(text, chars, "line 1", complete, tokens)
    return make_docs([item], FILE, Options(vocab=vocab, **options))


def iob(found):
    return " ".join(token.ent_iob_ or "-" for token in found.docs[0])


def test_spans_inside_tokens_are_listed_and_leave_no_annotation():
    found = convert("Ada went to Bonn.", (0, 2, "PER"), (12, 16, "LOC"), (5, 13, "X"))
    assert get_ents(found.docs[0]) == [("Bonn", "LOC")]
    assert found.notices == [
        ("misaligned", "line 1", "Ad", "PER"),
        ("misaligned", "line 3", "ent to B", "X"),
    ]
    # Bonn is known, and the dot is outside
    assert iob(found) == "- - - B O"


def test_of_spans_that_overlap_the_longest_is_kept():
    text = "the Bank of England said"
    spans = [(12, 19, "LOC"), (4, 19, "ORG"), (12, 24, "X"), (4, 19, "ORG")]
    found = convert(text, *spans, (4, 19, "Y"))
    assert get_ents(found.docs[0]) == [("Bank of England", "ORG")]
    # what stands there twice is the same entity
    assert found.notices == [
        ("overlapping", "line 1", "England", "LOC"),
        ("overlapping", "line 3", "England said", "X"),
        ("overlapping", "line 5", "Bank of England", "Y"),
    ]
    assert iob(found) == "O B I I -"


def test_white_space_at_the_edges_is_cut_off():
    found = convert("Ada  went\n to Bonn", (0, 5, "PER"), (9, 11, "X"), (13, 18, "LOC"))
    assert get_ents(found.docs[0]) == [("Ada", "PER"), ("Bonn", "LOC")]
    assert kinds(found) == ["trimmed", "misaligned", "trimmed"]


def test_types_are_renamed_and_dropped_before_spans_meet():
    types = {"GPE": "LOC", "EVENT": ""}
    found = convert("Paris Games", (0, 11, "EVENT"), (0, 5, "GPE"), types=types)
    assert get_ents(found.docs[0]) == [("Paris", "LOC")]
    assert kinds(found) == [] and iob(found) == "B O"


def test_what_is_incomplete_is_missing():
    found = convert("Ada went", (0, 3, "PER"), complete=False)
    assert iob(found) == "B -"
    doc = convert("Ada went", complete=False).docs[0]
    assert not doc.has_annotation("ENT_IOB")


def test_blank_texts_are_left_out():
    found = convert(" \n")
    assert found.docs == [] and kinds(found) == ["empty"]


def test_tokens_that_are_not_those_of_the_text():
    with pytest.raises(MoeeError, match="M337.*data.jsonl, line 1"):
        convert("Ada went", tokens=["Ada", "goes"])


def test_languages_without_their_tokenizer():
    with pytest.raises(ImportError):
        spacy.blank("th")
    cls = spacy.util.get_lang_class("th")
    vocab = spacy.vocab.create_vocab("th", cls.Defaults)
    with pytest.raises(MoeeError, match="M338.*--lang th.*PyThaiNLP"):
        convert("Ada", vocab=vocab)
    # tokens need none
    assert len(convert("Ada went", vocab=vocab, tokens=["Ada", "went"]).docs[0]) == 2
    assert convert("Ada went", vocab=Vocab()).docs[0].text == "Ada went"


def test_texts_that_the_tokenizer_refuses():
    with pytest.raises(MoeeError, match="M339.*'en'.*1000001 characters.*E088"):
        convert("a" * 1_000_001)


@SETTINGS
@given(st.lists(texts(), min_size=1, max_size=3))
def test_spacy_trains_on_the_same_tokens_and_entities(tmp_path, items):
    """The spaces are known, so `Corpus` tokenizes the text anew."""
    docs = [convert(text, *spans).docs[0] for text, spans in items]
    path = tmp_path / "corpus.spacy"
    DocBin(docs=docs, store_user_data=True).to_disk(path)
    examples = list(Corpus(path)(NLP))
    assert len(examples) == len(items)
    for example, (text, spans), doc in zip(examples, items, docs, strict=True):
        assert example.reference.text == text == example.predicted.text
        assert not example.reference.has_unknown_spaces
        assert [t.text for t in example.predicted] == [t.text for t in doc]
        assert get_chars(example.reference) == spans
        iob2 = [f"{t.ent_iob_}-{t.ent_type_}".rstrip("-") for t in doc]
        biluo = example.get_aligned_ner()
        as_iob2 = [tag.replace("U-", "B-").replace("L-", "I-") for tag in biluo]
        assert as_iob2 == iob2
        assert example.get_aligned_spans_y2x(example.reference.ents) == [
            example.predicted.char_span(*span) for span in spans
        ]


@SETTINGS
@given(texts(), st.data())
def test_any_spans_are_read_as_spacy_reads_them(item, data):
    text, _ = item
    borders = st.integers(0, len(text))
    cuts = data.draw(st.lists(borders, unique=True, max_size=8).map(sorted))
    spans = [
        (start, end, "X")
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
        if text[start:end] == text[start:end].strip()
    ]
    found = convert(text, *spans, offsets="code-points")
    with warnings.catch_warnings():
        # that some are misaligned
        warnings.simplefilter("ignore")
        expected = offsets_to_biluo_tags(NLP.make_doc(text), spans)
    iob2 = [tag.replace("U-", "B-").replace("L-", "I-") for tag in expected]
    (doc,) = found.docs
    assert [
        f"{t.ent_iob_ or '-'}-{t.ent_type_}".rstrip("-") or "-" for t in doc
    ] == iob2
    assert len(doc.ents) + kinds(found).count("misaligned") == len(spans)


def test_spacy_learns_nothing_from_a_span_that_is_no_whole_tokens():
    doc = convert("Ada went to Bonn.", (0, 2, "PER"), (12, 16, "LOC")).docs[0]
    (example,) = [spacy.training.Example(NLP.make_doc(doc.text), doc)]
    assert example.get_aligned_ner() == [None, "O", "O", "U-LOC", "O"]
