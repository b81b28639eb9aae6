"""DeepLIFT's runs: what is refused and what left alone, blocks and layouts; its plug-ins, captum's too."""

import numpy as np
import pytest
import torch
from sequence_data import LENGTH, network, sequences
from sequence_models import built, drawn
from torch import nn
from toy_models import Function, bag, references

from xassay.attribution import captum_deep_lift, deep_lift, deep_lift_shap
from xassay.core import multipliers as core
from xassay.core.dna import reverse_complement
from xassay.core.errors import InputError
from xassay.core.multipliers import mean_contributions, multipliers
from xassay.core.programs import PROGRAMS
from xassay.core.shuffles import dinucleotide_shuffles
from xassay.core.targets import explained
from xassay.datasets import simulated_dna

SHAPE = 4, 12  # channels, positions


class Read(nn.Module):
    """A layer and a function of it: (sample, 4, 12) -> (sample, 1)."""

    def __init__(self, function, layer=None):
        super().__init__()
        self.function, self.layer = function, layer or nn.Identity()

    def forward(self, x):
        return self.function(self.layer(x)).flatten(1).sum(1, keepdim=True)


def inputs(n=3):
    """x, two references of other values, targets."""
    drawn = torch.from_numpy(np.random.default_rng(0).standard_normal((3, n, *SHAPE)))
    return drawn[0], drawn[1:] - 2, torch.arange(n) % 2


def counted(h):
    """A number that torch does not see."""
    return h * float(np.asarray(h.detach()).max())


READS = "a condition, an index or a count that aten.%s reads"
REFUSED = {
    "no rule for aten.sort": Read(lambda h: h.sort(-1).values),
    "no rule for aten.cumprod": Read(lambda h: h.cumprod(-1)),
    "no rule for aten.div with rounding": Read(lambda h: torch.div(h, 3, rounding_mode="floor")),
    "no rule for aten.linalg_vector_norm of another order than 2": Read(lambda h: h.norm(1, -1)),
    "no rule for aten.native_batch_norm in training mode": Read(torch.tanh, nn.BatchNorm1d(4)),
    "[a-z ,]* that aten.mul reads": Read(torch.tanh, nn.Dropout()),
    "no rule for aten.clamp of several inputs": Read(lambda h: h.clamp(min=h[:, :1])),
    "no rule for aten.normal_, which draws": Read(lambda h: h.clone().normal_()),
    READS % "where": Read(lambda h: torch.where(h > 0, h, 3 * h)),
    READS % "mul": Read(lambda h: h * (h > 0).double()),
    READS % "index": Read(lambda h: h[:, h[0, 0].argsort() % 4]),
    "at aten._local_scalar_dense": Read(lambda h: h.tanh() if h.sum() > 0 else 2 * h.tanh()),
    "at aten.slice": Read(lambda h: h[:, : 1 + (np.asarray(h.detach()) > 0).sum() % 3].tanh()),
    "contributions miss [0-9]*% of what the model's answer moves": Read(counted),
}


@pytest.mark.parametrize("told", REFUSED)
def test_what_has_no_rule_is_refused_in_a_line(told):
    with pytest.raises(InputError, match=told) as raised:
        multipliers(REFUSED[told].double().train(), *inputs())
    assert str(raised.value).startswith("DeepLIFT: ") and "; allowed: " in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_condition_that_is_the_same_for_both_is_none():
    switched = Read(lambda h: torch.where(h.sum() > -1e9, h.tanh(), h) * (h[:, :1] < 1e9).double())
    torch.testing.assert_close(multipliers(switched, *inputs()), multipliers(Read(torch.tanh), *inputs()))


class Attending(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)

    def forward(self, x):
        return self.layer(x.mT).flatten(1)[:, :2]


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Attending().double().eval()


def test_what_was_there_is_as_it_was(model):
    x, r, target = inputs()
    before = x.clone(), r.clone(), torch.backends.mha.get_fastpath_enabled()
    found = multipliers(model, x.requires_grad_(), r, target)
    assert not found.requires_grad and all(p.grad is None for p in (x, *model.parameters()))
    assert torch.equal(x, before[0]) and torch.equal(r, before[1])
    assert torch.backends.mha.get_fastpath_enabled() == before[2]
    assert all(p.requires_grad for p in model.parameters())


def test_blocks_of_samples_change_nothing(model, monkeypatch):
    x, r, target = inputs(5)
    whole = multipliers(model, x, r, target)
    for chunk in (1, 2):
        torch.testing.assert_close(multipliers(model, x, r, target, chunk), whole)
    assert core._fitting(model, x[:1]) > 1
    monkeypatch.setattr(core, "BUDGET", 1)
    assert core._fitting(model, x[:1]) == 1


def test_layouts_in_memory_change_nothing(model):
    x, r, target = inputs(5)
    laid = x.permute(2, 0, 1).contiguous().permute(1, 2, 0), r.transpose(0, 1).contiguous().transpose(0, 1)
    torch.testing.assert_close(multipliers(model, *laid, target), multipliers(model, x, r, target))
    one = r[:1, :, :1, :1].expand(1, 5, *SHAPE)  # a single number in memory for all positions
    torch.testing.assert_close(multipliers(model, x, one, target), multipliers(model, x, one.clone(), target))


def test_contributions_are_the_mean_over_references(model):
    x, r, target = inputs()
    m = multipliers(model, x, r, target)
    torch.testing.assert_close(mean_contributions(model, x, r, target), (m * (x - r)).mean(0))
    hypothetical = (m - (m * r).sum(2, keepdim=True)).mean(0)
    torch.testing.assert_close(mean_contributions(model, x, r, target, 1, 2), hypothetical)


def test_a_constant_answer_has_no_slopes():
    x, r, target = inputs()
    for function in (lambda x: torch.ones(len(x), 2), lambda x: (x > 1e9).double().flatten(1)[:, :2]):
        assert (multipliers(Function(function), x, r, target) == 0).all()


def test_absent_instances_stay_out_of_it():
    """Also where a model computes with NaN before it leaves them out."""
    torch.manual_seed(0)
    x, layer = bag(3, 5, 4, sizes=[5, 1, 3]), nn.Linear(4, 2)
    late = Function(lambda x: torch.where(x[..., :1].isnan(), 0.0, layer(x).relu()).sum(1))
    baseline, target = references(x), torch.tensor([1, 0, 1])
    found = deep_lift.attribute(late, x, target, baseline, None)
    alone = deep_lift.attribute(late, x[2:, :3], target[2:], baseline[:, 2:, :3], None)
    torch.testing.assert_close(found[2:, :3], alone)
    torch.testing.assert_close(found.isnan(), x.isnan())


MOTIFS = dict.fromkeys(("single", "orientation", "position"), ["CEBPB"]) | {
    "multi_task": ["CEBPB", "SP1", "REST"]
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_grammars_of_planted_sequences_are_explained_completely(program):
    options = {"motifs": MOTIFS[program]} if program in MOTIFS else {}
    data = simulated_dna.samples(
        np.random.default_rng(0), n_sequences=(8, 8, 8), length=160, program=program, **options
    )
    f, x = simulated_dna.oracle(data.oracle).eval(), torch.from_numpy(data.inputs(data.ids("test")).copy())
    baseline, target = torch.stack([x.flip(2), x.roll(17, 2)]), torch.arange(len(x)) % 2
    told = (deep_lift.attribute(f, x, target, baseline, 1) * x).sum((1, 2))
    moved = lost(f, x, baseline, target)
    torch.testing.assert_close(told, moved, atol=1e-5 * moved.abs().max().item(), rtol=1e-4)


@pytest.fixture(scope="module")
def pooled():
    torch.manual_seed(0)
    data = sequences()
    x = torch.from_numpy(np.ascontiguousarray(data.inputs(data.ids("test")[:4])))
    return network().eval(), x, torch.ones(4, dtype=torch.long)


def lost(model, x, baseline, target):
    with torch.no_grad():
        return explained(model(x), target) - torch.stack(
            [explained(model(r), target) for r in baseline]
        ).mean(0)


def test_deep_lift_shap_explains_against_shuffles(pooled):
    model, x, target = pooled
    found = deep_lift_shap.attribute(model, x, target, 1, np.random.default_rng(5), n_references=6)
    drawn = torch.from_numpy(dinucleotide_shuffles(x.numpy(), 6, np.random.default_rng(5)))
    torch.testing.assert_close(found, deep_lift.attribute(model, x, target, drawn, 1))
    torch.testing.assert_close((found * x).sum((1, 2)), lost(model, x, drawn, target), atol=1e-5, rtol=0)
    other = deep_lift_shap.attribute(model, x, target, 1, np.random.default_rng(6), n_references=6)
    assert x.shape == (4, 4, LENGTH) and not torch.allclose(found, other)


def test_captum_agrees_where_there_is_no_pooling(pooled):
    _, x, target = pooled
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv1d(4, 3, 5), nn.Sigmoid(), nn.Flatten(), nn.Linear(3 * (LENGTH - 4), 1)
    ).eval()
    baseline = torch.stack([x.roll(5, 2), x.flip(2)])
    found = captum_deep_lift.attribute(model, x, target, baseline, 1)
    torch.testing.assert_close(found, deep_lift.attribute(model, x, target, baseline, 1), atol=1e-5, rtol=0)


@pytest.mark.parametrize("mode", ["default", "error"])
def test_captum_misses_a_part_where_there_is(pooled, mode):
    """Also where torch refuses what it does not warrant to be deterministic, as the steps ask it to."""
    model, x, target = pooled
    before = torch.get_deterministic_debug_mode()
    torch.set_deterministic_debug_mode(mode)
    try:
        missed(model, x, target)
        assert torch.get_deterministic_debug_mode() == {"default": 0, "error": 2}[mode]
    finally:
        torch.set_deterministic_debug_mode(before)


def missed(model, x, target):
    """Our contributions add up, captum's do not."""
    baseline = torch.stack([x.roll(5, 2), x.flip(2)])
    moved = lost(model, x, baseline, target)
    for method, misses in ((deep_lift, False), (captum_deep_lift, True)):
        told = (method.attribute(model, x, target, baseline, 1) * x).sum((1, 2))
        assert ((told - moved).abs().max() > 0.05 * moved.abs().max()) == misses


def test_captum_fails_in_a_line_on_a_layer_that_is_called_twice(pooled):
    _, x, target = pooled
    layer = nn.ReLU()
    model = nn.Sequential(
        nn.Conv1d(4, 3, 5), layer, nn.Conv1d(3, 3, 5), layer, nn.Flatten(), nn.Linear(3 * 16, 1)
    )
    with pytest.raises(
        InputError, match="^captum_deep_lift: captum fails on this model .*; allowed: deep_lift$"
    ):
        captum_deep_lift.attribute(model.eval(), x, target, x.roll(5, 2)[None], 1)


@pytest.mark.parametrize("name", ["averaged", "averaged dilated"])
def test_captum_reads_one_strand_after_the_other(name):
    """Where a model averages over both, its modules are called twice."""
    model, x, target = built(name).requires_grad_(False), drawn(3), torch.tensor([1, 0, 1])
    baseline = drawn(6).view(2, 3, *x.shape[1:])
    found = captum_deep_lift.attribute(model, x, target, baseline, 1)
    model.strands = "one"
    own = captum_deep_lift.attribute(model, x, target, baseline, 1)
    other = reverse_complement(x), target, reverse_complement(baseline), 1
    other = reverse_complement(captum_deep_lift.attribute(model, *other))
    torch.testing.assert_close(found, (own + other) / 2)
    assert not torch.allclose(own, other)
