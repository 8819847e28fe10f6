"""Pipelines of an attacker, with right checksums: nothing of them is run, nothing is
written, by whatever way they are loaded."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest
import srsly

pytest.importorskip("spacy_transformers")

from spacy_transformers.layers.hf_shim import HFShim  # noqa: E402

from spacy_moee.checksums import seal, write_checksums  # noqa: E402

from ..embeddings.encoder_util import make_bert  # noqa: E402
from ..embeddings.hostile import NEW, OLD, Change, set_trap  # noqa: E402
from ..marks import slow  # noqa: E402
from .test_transformer import make_nlp  # noqa: E402
from .util import get_ner, make_examples  # noqa: E402

ROOT = Path(__file__).parent.parent.parent
# of the tests of the encoder alone, which has all of them
CHOSEN_OLD = [
    *("arguments of the tokenizer", "a file elsewhere", "an absolute file"),
    *("a file of code", "code of the config", "quantization", "weights of one number"),
]
CHOSEN_NEW = [
    *("code of the config", "code of a part of it", "attention from elsewhere"),
    *("a model that is fetched", "a setting of the tokenizer"),
    *("sizes that nothing explains", "a large weight that is not there"),
]


def forge(folder: Path, change: Change, old: bool) -> None:
    """Change the encoder of a saved pipeline, and all checksums with it."""
    file = folder / "moee_ner" / "model"
    model = srsly.msgpack_loads(file.read_bytes())
    shims = next(s for s in model["shims"] if s and b"spacy_moee.encoder" in s[0])
    shims[0] = (folder / "old").read_bytes() if old else shims[0]
    encoder = srsly.msgpack_loads(shims[0])
    change(encoder)
    shims[0] = srsly.msgpack_dumps(encoder)
    file.write_bytes(srsly.msgpack_dumps(model))
    write_checksums(file.parent, ["cfg", "model"])
    msg = {"cfg": (file.parent / "cfg").read_bytes(), "model": file.read_bytes()}
    (folder / "bytes").write_bytes(seal(srsly.msgpack_dumps(msg)))


# some changes of each form of a saved encoder, or all
@pytest.fixture(scope="module", params=[2, *slow(99)])
def rows(tmp_path_factory: Any, request: Any) -> List[Any]:
    home = tmp_path_factory.mktemp("hostile")
    folder = home / "pipelines"
    folder.mkdir()
    nlp = make_nlp(make_bert(home / "bert"), "tuned")
    nlp.initialize(lambda: make_examples(nlp))
    nlp.to_disk(folder / "sound")
    nodes = get_ner(nlp).model.walk()
    shim = next(s for node in nodes for s in node.shims if isinstance(s, HFShim))
    (folder / "sound" / "old").write_bytes(HFShim.to_bytes(shim))
    changes: Dict[str, Any] = {
        f"new, {name}": (NEW[name], False) for name in CHOSEN_NEW[: request.param]
    }
    changes.update(
        {f"old, {name}": (OLD[name], True) for name in CHOSEN_OLD[: request.param]}
    )
    changes["old, a pickle"] = (set_trap(home / "run"), True)
    changes["sound"] = (lambda msg: None, False)
    changes["sound old"] = (lambda msg: None, True)
    for name, (change, old) in changes.items():
        if name != "sound":
            shutil.copytree(folder / "sound", folder / name)
        forge(folder / name, change, old)
    command = [sys.executable, "-W", "ignore", "-m", "tests.component.load_watched"]
    done = subprocess.run([*command, folder], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not (home / "run").exists()
    assert not Path("/tmp/moee-escaped.txt").exists()
    rows = json.loads(done.stdout)
    assert len(rows) == 5 * len(changes)
    return rows


def test_it_is_refused(rows: List[Any]) -> None:
    for name, way, error, _ in rows:
        if name.startswith("sound"):
            assert not error, (name, way)
        else:
            assert error.startswith("[M005]") and "[M260]" in error, (name, way, error)


def test_nothing_is_run_or_written(rows: List[Any]) -> None:
    """Nor by the pipelines that are sound."""
    assert not [row for row in rows if row[3]]
