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
    """Train ``seeds`` models and a twin of each; yields ``Replicate``, a model and then its twin.

    build: makes a fresh Module. entropy: (run's seed, names...) that every random number comes from: the
    initial parameters, the batch order, dropout and, for twins, the labels' permutation are a replicate's
    own. A twin learns permuted labels for as many epochs as its partner ran: stopped early by validation
    labels that it cannot predict, it would stay what it was initialised to, and tell nothing that
    re-initialised parameters do not (adebayo2018, section 4). say: called with a line and whether it lasts
    (a finished replicate) or is overwritten (an epoch)."""
    parts = [loop.as_part(samples, split, device) for split in ("train", "validation")]
    recipe = loop.RECIPES.get(samples.kind, loop.RECIPE)
    for seed in range(seeds):
        model, done = replicate(build, parts, entropy, f"seed_{seed}", device, say, recipe)
        yield Replicate(seed, False, model)
        twin, _ = replicate(build, parts, entropy, f"permuted_{seed}", device, say, recipe, done.epochs)
        yield Replicate(seed, True, twin)


def replicate(build, parts, entropy, name, device, say, recipe=loop.RECIPE, epochs=None):
    """One Module and its ``Fit``; a twin where ``epochs``, its partner's number, is given."""
    rng = seeding.generator(*entropy, name)
    train_part, validation = parts
    if epochs:
        train_part = train_part._replace(y=loop.permuted(train_part.y, rng))
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seeding.torch_seed(*entropy, name))
        model = build().to(device)
        bags.set_origin(model, train_part.x)
        getattr(model, "prepare", lambda x, rng: None)(train_part.x, rng)
        done = loop.fit(
            model,
            train_part,
            validation,
            rng,
            recipe,
            epochs=epochs,
            report=partial(_epoch, say, name),
        )
    say(f"{name}: kept epoch {done.epoch} of {done.epochs}, validation loss {done.loss:.4f}", True)
    return model, done


def _epoch(say, name, epoch, loss):
    """The line of an epoch that is over."""
    say(f"{name}: epoch {epoch}, validation loss {loss:.4f}", False)
