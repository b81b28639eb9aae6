"""All replicates of a model, and their permuted-label twins: the same recipe, other random numbers."""

from functools import partial
from typing import NamedTuple

import torch

from xassay.core import bags, seeding
from xassay.training import loop


class Replicate(NamedTuple):
    """One trained model: its number, whether its labels were permuted, the Module on the training device."""

    seed: int
    twin: bool
    model: torch.nn.Module


def train(build, samples, seeds, entropy, device, say):
    """Train ``seeds`` models and a twin of each; yields ``Replicate``, models first.

    build: makes a fresh Module. entropy: (run's seed, names...) that every random number comes from: the
    initial parameters, the batch order, dropout and, for twins, the labels' permutation are a replicate's
    own. A twin learns permuted labels, in the training and in the validation split alike. say: called
    with a line and whether it lasts (a finished replicate) or is overwritten (an epoch)."""
    train_part, validation = (loop.as_part(samples, split, device) for split in ("train", "validation"))
    for twin in (False, True):
        for seed in range(seeds):
            name = f"{'permuted' if twin else 'seed'}_{seed}"
            rng = seeding.generator(*entropy, name)
            parts = [train_part, validation]
            if twin:
                parts = [part._replace(y=loop.permuted(part.y, rng)) for part in parts]
            with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
                torch.manual_seed(seeding.torch_seed(*entropy, name))
                model = build().to(device)
                bags.set_origin(model, train_part.x)
                done = loop.fit(model, *parts, rng, report=partial(_epoch, say, name))
            say(f"{name}: kept epoch {done.epoch} of {done.epochs}, validation loss {done.loss:.4f}", True)
            yield Replicate(seed, twin, model)


def _epoch(say, name, epoch, loss):
    """The line of an epoch that is over."""
    say(f"{name}: epoch {epoch}, validation loss {loss:.4f}", False)
