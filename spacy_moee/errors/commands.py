"""Messages about commands (M7)."""

from typing import Dict

ERRORS: Dict[str, str] = {
    # M700: devices
    "M701": (
        "--gpu-id {gpu_id}: spaCy computes on a GPU with CuPy, which can't be imported."
        ' Install the package of your CUDA, `pip install "spacy-moee[cuda12x]"` '
        "(or cuda11x, cuda13x), or omit --gpu-id to use the CPU."
    ),
    "M702": (
        "--gpu-id {gpu_id}: there is no such GPU; found {found}, which count from 0. "
        "Check the driver (`nvidia-smi`) and CUDA_VISIBLE_DEVICES, or omit --gpu-id "
        "to use the CPU."
    ),
    "M703": (
        "--gpu-id {gpu_id}: PyTorch {version} sees no GPU, although CuPy does. Install "
        "PyTorch for your CUDA (see pytorch.org), or omit --gpu-id to use the CPU."
    ),
    # M720: training that goes on from a trained pipeline
    "M720": (
        "'{name}' of the pipeline '{source}' shares the embeddings of another component"
        " ('{upstream}'; a star stands for any), and the config has none. Name that "
        "component in [nlp] pipeline and give it a block [components.NAME] with source "
        "= ${{paths.source}}, or write replace_listeners = [\"model.tok2vec\"] into "
        "[components.{name}]: the component then gets a copy of its own."
    ),
}

WARNINGS: Dict[str, str] = {}
