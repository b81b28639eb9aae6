"""Label permutation: the same architecture trained on permuted labels: Adebayo et al. (2018)."""

CARD = dict(
    label="Label permutation", varies="labels", fixed="input, target, baseline", reference="adebayo2018"
)


def variants(model, x, target, baseline, twin):
    """The twin that was trained on permuted labels, as level "twin"."""
    yield "twin", twin, x, target, baseline
