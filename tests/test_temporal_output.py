"""Temporal output against prefixes and suffixes, one after the other."""

import pytest
import torch
from sequence_data import LENGTH
from sequence_models import built, drawn

from xassay.attribution import temporal_output

GROUPS = torch.arange(LENGTH)[None]


def gains(score, x, baseline, direction):
    """What each position adds to the score of what has been read before it: (position,)."""
    out = torch.zeros(LENGTH, dtype=torch.float64)
    for reference in baseline:
        for t in range(LENGTH):
            scores = []
            for end in (t + 1, t):  # with the position and without
                place = torch.arange(LENGTH)
                read = place < end if direction == "forward" else place >= LENGTH - end
                scores.append(score(torch.where(read, x, reference)[None]).double().item())
            at = t if direction == "forward" else LENGTH - 1 - t
            out[at] += (scores[0] - scores[1]) / len(baseline)
    return out


@pytest.mark.parametrize("name", ["sequence_lstm", "bases", "last state", "sequence_cnn", "kmer_logistic"])
@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_positions_have_what_the_score_gains_by_them(name, direction):
    model, x, target = built(name).requires_grad_(False), drawn(2), torch.tensor([1, 0])
    baseline = torch.stack([torch.full_like(x, 0.25), drawn(2, seed=1)])
    found = temporal_output.attribute(model, x, target, baseline, GROUPS, direction=direction)
    assert found.shape == (2, LENGTH) and found.dtype == torch.float64
    for k, sign in enumerate([1, -1]):
        parts = [
            gains(lambda x, sign=sign: sign * model(x)[0, 0], x[k], baseline[:, k], one)
            for one in (["forward", "backward"] if direction == "both" else [direction])
        ]
        torch.testing.assert_close(found[k], sum(parts) / len(parts), atol=2e-5, rtol=1e-4)


def test_gains_add_up_to_what_the_baseline_lacks():
    model, x, target = built("sequence_lstm", 3).requires_grad_(False), drawn(4), torch.tensor([0, 1, 2, 1])
    baseline = drawn(8, seed=2).view(2, 4, 4, LENGTH)
    logits = model(x) - torch.stack([model(reference) for reference in baseline]).mean(0)
    lost = 1.5 * (logits.gather(1, target[:, None])[:, 0] - logits.mean(1))
    for direction in ("forward", "backward", "both"):
        found = temporal_output.attribute(model, x, target, baseline, GROUPS, direction=direction)
        torch.testing.assert_close(found.sum(1), lost.double(), atol=1e-5, rtol=1e-4)
