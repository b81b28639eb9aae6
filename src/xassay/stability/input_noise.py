"""Input noise: the same samples measured again: after Alvarez-Melis and Jaakkola (2018)."""

CARD = dict(
    label="Input noise", varies="input", fixed="model, target, baseline", reference="alvarezmelis2018"
)


def variants(model, x, target, baseline, rng, noise, draws):
    """x with noise by the data set's law, as "noise:draw"."""
    for draw in range(draws):
        yield f"noise:{draw}", model, noise(x, rng), target, baseline
