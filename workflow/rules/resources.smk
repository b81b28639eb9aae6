# What a job asks for: src/xassay/resources.py, of the files that it reads and the times that it was tried.


def memory_of(step):
    """Memory of a step's jobs, MB."""

    def memory(wildcards, input, attempt):
        return resources.memory(step, input.size_mb, attempt)

    return memory


def runtime_of(step):
    """Time of a step's jobs, minutes."""

    def runtime(wildcards, input, attempt):
        return resources.runtime(step, input.size_mb, attempt, SETTINGS)

    return runtime


def gpus(wildcards):
    """Graphics cards of a job that can use one; auto asks for one where the machine that plans has any."""
    return int(DEVICE.startswith("cuda") or DEVICE == "auto" and resources.has_card())
