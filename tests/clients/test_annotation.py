"""What a pipeline found goes to programs for annotation, and comes back."""

from pathlib import Path
from typing import Any, List

import srsly
from spacy.language import Language

from spacy_moee.corpora.convert import convert_file

from .util import clients, find_blocks, get_spans, run_block

TEXTS = ["Yesterday 🙂 Eva met Bo Li.", "Anna lives in 🙂 New York.", "It rains."]


def read(path: Path) -> List[Any]:
    """The entities of a file, by our own reader."""
    return [(doc.text, get_spans(doc)) for doc in convert_file(path).docs]


def test_label_studio(nlp: Language, folder: Path) -> None:
    """An annotator who accepts a prediction makes an annotation of it."""
    run_block("Label Studio", texts=repr(TEXTS))
    tasks = srsly.read_json("tasks.json")
    for number, task in enumerate(tasks):
        [prediction] = task.pop("predictions")
        task.update(id=number, annotations=[{"result": prediction["result"]}])
    srsly.write_json("export.json", tasks)
    assert read(Path("export.json")) == [(text, get_spans(nlp(text))) for text in TEXTS]
    assert sum(len(nlp(text).ents) for text in TEXTS) >= 4


def test_doccano(nlp: Language, folder: Path) -> None:
    run_block("doccano", texts=repr(TEXTS))
    assert read(Path("docs.jsonl")) == [(text, get_spans(nlp(text))) for text in TEXTS]


class TestLabelStudio:
    pytestmark = clients("label_studio_sdk")

    def test_prediction_is_valid(self, folder: Path) -> None:
        """For the program itself, with the interface that the page shows."""
        from label_studio_sdk.label_interface import LabelInterface

        run_block("Label Studio")
        interface = LabelInterface(find_blocks("Label Studio")[1].code)
        for task in srsly.read_json("tasks.json"):
            [prediction] = task["predictions"]
            assert prediction["result"]
            assert interface.validate_prediction(prediction)
            prediction["result"][0]["value"]["labels"] = ["DATE"]
            assert not interface.validate_prediction(prediction)
