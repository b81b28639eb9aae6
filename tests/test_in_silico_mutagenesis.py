"""In-silico mutagenesis: its convention, on models whose maps are known."""

import pytest
import torch
from toy_models import Function

from xassay.attribution.in_silico_mutagenesis import CARD, attribute
from xassay.core.dna import encode
from xassay.core.element_effects import ism
from xassay.core.targets import Explained


def weights():
    return torch.randn(4, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


X = torch.from_numpy(encode(["ACGTNACGTRAC", "GGGTTTACACAN"]).copy()).double()
ONES = torch.ones(2, dtype=torch.long)


def scan(x):
    return (x * weights()).sum((1, 2))[:, None]


def test_an_additive_model_is_worth_its_weights_less_their_mean():
    found = attribute(Function(scan), X, ONES)
    expected = weights() - weights().mean(0)
    torch.testing.assert_close(found, expected.expand_as(found), atol=1e-12, rtol=0)
    torch.testing.assert_close(attribute(Function(scan), X, 0 * ONES), -found, atol=1e-12, rtol=0)


@pytest.mark.parametrize("outputs", [1, 3])
def test_what_is_observed_is_what_the_other_bases_lose(outputs):
    torch.manual_seed(0)
    layers = torch.nn.Conv1d(4, 5, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten()
    model = torch.nn.Sequential(*layers, torch.nn.Linear(60, outputs)).double().eval()
    target = torch.tensor([1, 0])
    change, found = ism(Explained(model), X, [target]), attribute(model, X, target)
    torch.testing.assert_close(found.sum(1), torch.zeros_like(found[:, 0]), atol=1e-12, rtol=0)
    observed, sure = (found * X).sum(1), X.max(1).values == 1
    lost = -3 / 4 * change.sum(1) / 3
    torch.testing.assert_close(observed[sure], lost[sure], atol=1e-12, rtol=0)
    unknown = (X == 1 / 4).all(1)
    assert unknown.sum() == 2 and (observed[unknown].abs() < 1e-12).all() and (found.abs() > 0).all()


def test_a_map_has_the_type_of_x():
    assert attribute(Function(lambda x: scan(x.double()).float()), X.float(), ONES).dtype == torch.float32


def test_the_card_claims_no_more_than_that():
    assert (
        CARD["axioms"] == ()
        and CARD["signed"]
        and CARD["level"] == "feature"
        and CARD["kinds"] == ("sequence",)
    )
