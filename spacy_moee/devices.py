"""The GPU of a command."""

from .errors import MoeeError


def check_gpu(gpu_id: int) -> None:
    """Check that a GPU can be used, before hours of work and not after.

    gpu_id (int): Its number, or a negative number for the CPU.
    RAISES (MoeeError): M701 without CuPy, M702 without such a GPU, M703 if PyTorch
        sees none.
    """
    if gpu_id < 0:
        return
    # thinc searches for GPUs when it is imported, which takes time
    from thinc import compat

    if compat.has_torch_mps_gpu:
        # a GPU of Apple, which has no number
        return
    cupy = compat.cupy
    if cupy is None:
        raise MoeeError("M701", gpu_id=gpu_id)
    count = cupy.cuda.runtime.getDeviceCount() if compat.has_cupy_gpu else 0
    if gpu_id >= count:
        found = f"{count} in all" if count else "none"
        raise MoeeError("M702", gpu_id=gpu_id, found=found)
    if not compat.has_torch_cuda_gpu:
        raise MoeeError("M703", gpu_id=gpu_id, version=compat.torch_version)


def use_device(gpu_id: int) -> None:
    """Use a GPU, or the CPU, for all pipelines that are loaded later.

    gpu_id (int): The number of the GPU, or a negative number for the CPU.
    RAISES (MoeeError): As `check_gpu`.
    """
    check_gpu(gpu_id)
    if gpu_id >= 0:
        from spacy import require_gpu

        require_gpu(gpu_id)
