"""`--gpu-id`: what is missing is said in one sentence."""

from types import SimpleNamespace
from typing import Any, Dict

import pytest
from spacy.cli import app
from thinc import compat
from typer.testing import CliRunner

import spacy_moee.cli  # noqa: F401
from spacy_moee.devices import check_gpu
from spacy_moee.errors import MoeeError

RUNTIME = SimpleNamespace(getDeviceCount=lambda: 2)
CUPY = SimpleNamespace(cuda=SimpleNamespace(runtime=RUNTIME))
MACHINES: Dict[str, Dict[str, Any]] = {
    "no cupy": {"cupy": None},
    "no gpu": {"has_cupy_gpu": False},
    "no cuda in torch": {"has_torch_cuda_gpu": False},
    "good": {},
    "apple": {"cupy": None, "has_torch_mps_gpu": True},
}


@pytest.fixture
def machine(request, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two GPUs, less what the parameter says."""
    there = {"cupy": CUPY, "has_cupy_gpu": True}
    there |= {"has_torch_cuda_gpu": True, "has_torch_mps_gpu": False}
    for name, value in {**there, **MACHINES[request.param]}.items():
        monkeypatch.setattr(compat, name, value)


@pytest.mark.parametrize(
    "machine, gpu_id, code",
    [
        ("no cupy", 0, "M701"),
        ("no gpu", 0, "M702"),
        ("good", 2, "M702"),
        ("no cuda in torch", 1, "M703"),
    ],
    indirect=["machine"],
)
def test_what_is_missing(machine: None, gpu_id: int, code: str) -> None:
    with pytest.raises(MoeeError, match=f"--gpu-id {gpu_id}") as error:
        check_gpu(gpu_id)
    assert error.value.code == code


@pytest.mark.parametrize(
    "machine, gpu_id",
    [("no cupy", -1), ("good", 0), ("good", 1), ("apple", 0)],
    indirect=["machine"],
)
def test_nothing_is_missing(machine: None, gpu_id: int) -> None:
    check_gpu(gpu_id)


@pytest.mark.parametrize("machine", ["no cupy"], indirect=True)
def test_compare_says_so_before_it_starts(machine: None, tmp_path) -> None:
    pytest.importorskip("matplotlib")
    experiment = tmp_path / "e.yml"
    experiment.write_text("title: never read\n", encoding="utf8")
    args = ["moee", "compare", str(experiment), str(tmp_path / "out"), "--gpu-id", "0"]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 1
    assert 'pip install "spacy-moee[cuda12x]"' in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()
