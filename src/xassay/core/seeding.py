"""Every random number: a stream from the run's seed and the names of what draws it.

Named streams are independent, so adding a data set, a model or a method changes no other's numbers.
"""

import hashlib


def entropy(seed, *names):
    """128 bits from the run's ``seed`` and the ``names`` (str or int) of what draws."""
    digest = hashlib.sha256("/".join(map(str, (seed, *names))).encode()).digest()
    return int.from_bytes(digest[:16], "little")


def generator(seed, *names):
    """numpy's generator of the stream ``names``."""
    import numpy as np

    return np.random.default_rng(entropy(seed, *names))


def torch_seed(seed, *names):
    """Seed (63 bits) for torch of the stream ``names``."""
    return entropy(seed, *names) >> 65
