"""The command `spacy moee convert` on files of annotation tools."""

import json

import pytest

from .test_convert import invoke, list_files, read, squash, write

TEXT = "Ada went to Bonn."
ADA = {"start": 0, "end": 3, "label": "PER"}
BONN = {"start": 12, "end": 16, "label": "LOC"}


def write_lines(path, *records):
    return write(path, "\n".join(map(json.dumps, records)))


def test_what_is_left_out_is_listed(tmp_path):
    spans = [ADA, {**BONN, "end": 15}, {**ADA, "label": "X"}, {**BONN, "end": 17}]
    records = [
        {"text": TEXT, "spans": spans, "answer": "accept"},
        {"text": TEXT, "spans": [ADA], "answer": "reject"},
        {"text": TEXT, "answer": "ignore"},
        {"text": TEXT, "answer": "reject"},
        {"text": f"{TEXT} ", "spans": [{**BONN, "end": 18}], "answer": "accept"},
    ]
    source = write_lines(tmp_path / "in.jsonl", *records)
    result = invoke(source, tmp_path / "out.spacy", "--types", "X=Y")
    assert result.exit_code == 0, result.output
    output = squash(result.output)
    assert f"{source}: prodigy" in output
    assert "2 texts, 10 tokens" in output and "3 entities: LOC 2, PER 1" in output
    assert "Spans with white space at their edges, which is cut off: 1." in output
    for part in (
        "[MW36] Spans that are not whole tokens, and do not become entities: 1.",
        "- line 1: 'Bon' LOC, which starts or ends inside a token",
        "[MW37] Spans that overlap others, and do not become entities: 1.",
        "- line 1: 'Ada' X, which overlaps a longer or earlier one",
        "[MW38] Annotations or texts that were not read: 3.",
        "- 2 answered with reject (the first: line 2)",
        "- 1 answered with ignore (the first: line 3)",
    ):
        assert part in output
    assert [len(doc.ents) for doc in read(tmp_path / "out.spacy")] == [2, 1]


def test_rejected_spans_are_kept(tmp_path):
    task = {"text": TEXT, "answer": "reject", "_view_id": "ner"}
    records = {**task, "spans": [ADA]}, {**task, "spans": [BONN]}
    source = write_lines(tmp_path / "in.jsonl", *records)
    output = squash(invoke(source, tmp_path / "out.spacy").output)
    assert "The docs have no entity annotation." in output
    assert '2 rejected spans kept in `doc.spans["incorrect_spans"]`.' in output
    assert 'Set incorrect_spans_key = "incorrect_spans" to learn from them.' in output
    docs = read(tmp_path / "out.spacy")
    kept = [[span.text for span in doc.spans["incorrect_spans"]] for doc in docs]
    assert kept == [["Ada"], ["Bonn"]]


def test_a_long_list_is_cut_off(tmp_path):
    record = {"text": TEXT, "label": [[0, 2, "PER"]]}
    source = write_lines(tmp_path / "in.jsonl", *[record] * 1_234)
    output = squash(invoke(source, tmp_path / "out.spacy").output)
    assert "do not become entities: 1,234." in output
    assert "- line 10: " in output and "- line 11: " not in output
    assert "- and 1,224 more" in output


def test_a_folder_of_many_formats(tmp_path):
    folder = tmp_path / "in"
    write_lines(folder / "a.jsonl", {"text": TEXT, "label": [[0, 3, "PER"]]})
    write(folder / "b.conll", "Ada B-PER\nwent O\n")
    write(folder / "c.txt", "Ada went to Bonn. She stayed\nthere.\n")
    write(folder / "d" / "1.txt", TEXT)
    write(folder / "d" / "1.ann", "T1\tLOC 12 16\tBonn\n")
    write(folder / "metrics.json", '{"ents_f": 1.0}')
    result = invoke(folder, tmp_path / "out")
    assert result.exit_code == 0, result.output
    output = squash(result.output)
    for part in (
        f"{folder / 'a.jsonl'}: doccano",
        f"{folder / 'b.conll'}: IOB2 (detected)",
        f"{folder / 'c.txt'}: text",
        f"{folder / 'd'}: brat",
        "The docs have no entity annotation.",
        "1 files of the folder were not read: metrics.json",
    ):
        assert part in output
    names = ["a.spacy", "b.spacy", "c.spacy", "d.spacy"]
    assert list_files(tmp_path / "out") == names
    docs = [read(tmp_path / "out" / name)[0] for name in names]
    assert [len(doc.ents) for doc in docs] == [1, 1, 0, 1]
    assert [doc.has_annotation("ENT_IOB") for doc in docs] == [True, True, False, True]
    # what was written is read as it is
    again = invoke(tmp_path / "out", tmp_path / "again", "--types", "PER=person")
    assert again.exit_code == 0 and list_files(tmp_path / "again") == names
    assert read(tmp_path / "again" / "a.spacy")[0].ents[0].label_ == "person"


def test_options_of_formats(tmp_path):
    records = [{"tokens": ["Ada", "went"], "ner_tags": [1, 0]}]
    source, target = (
        write_lines(tmp_path / "in.jsonl", *records),
        tmp_path / "out.spacy",
    )
    result = invoke(source, target)
    assert result.exit_code == 1 and "[M335]" in result.stderr and not target.exists()
    result = invoke(source, target, "--tag-names", "O, B-PER")
    assert "huggingface, IOB2 (detected)" in squash(result.stdout)
    assert read(target)[0].ents[0].text == "Ada"
    text = "\U0001f680 Ada"
    source = write_lines(
        tmp_path / "in.jsonl", {"text": text, "label": [[2, 5, "PER"]]}
    )
    for offsets, n_ents in (("auto", 1), ("code-points", 1), ("utf-16", 0)):
        result = invoke(source, target, "--offsets", offsets, "--format", "doccano")
        assert [len(doc.ents) for doc in read(target)] == [n_ents]
    source = write(tmp_path / "in.txt", "Ada\nwent\n")
    result = invoke(source, target, "-f", "text")
    assert "2 texts, 2 tokens" in squash(result.stdout)


@pytest.mark.parametrize("lang,code", [("th", "[M338]"), ("de", None)])
def test_texts_need_the_tokenizer_of_their_language(tmp_path, lang, code):
    source = write_lines(
        tmp_path / "in.jsonl", {"text": TEXT, "label": [[0, 3, "PER"]]}
    )
    target = tmp_path / "out.spacy"
    result = invoke(source, target, "--lang", lang)
    assert (result.exit_code, code or "") == (int(code is not None), code or "")
    assert (code or "") in result.stderr and target.exists() == (code is None)
    tokens = write(tmp_path / "in.conll", "Ada B-PER\n")
    assert invoke(tokens, target, "--lang", lang).exit_code == 0
