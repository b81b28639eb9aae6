"""What the figures of a series have in common: its rows, its bands of panels, its axis of doses."""

import numpy as np


def known_doses(tables):
    """Rows of the table of doses by the metric that stands for recovery, where it has a value."""
    return tables.doses[(tables.doses.metric == tables.recovery) & tables.doses["mean"].notna()]


def no_doses(tables):
    """Why there is nothing to draw."""
    told = [row.reason for row in tables.dose_response.itertuples() if not row.n_doses]
    return "; ".join(dict.fromkeys(told)) or "the study has no series of data sets with a known truth"


def bands(tables, rows, models=None):
    """Bands of panels, one a series: {"series: option": [(series, model), ...]}."""
    found = {}
    for series, option in dict.fromkeys(zip(rows.series, rows.option)):
        here = set(rows.model[rows.series == series])
        chosen = [model for model in tables.models if model in here and (models is None or model in models)]
        if chosen:
            name = series if series == option else f"{series}: {option.replace('_', ' ')}"
            found[name] = [(series, model) for model in chosen]
    return found


def axis_of(axis, rows):
    """Write the doses under a panel, on a logarithmic axis where none is 0. Returns them, smallest first."""
    doses = np.array(sorted(set(rows.dose)), float)
    if doses.min() > 0:
        axis.set_xscale("log")
        width = (doses.max() / doses.min()) or 1
        edge = width**0.07 if width > 1 else 1.2
        axis.set_xlim(doses.min() / edge, doses.max() * edge)
    else:
        edge = 0.07 * ((doses.max() - doses.min()) or 1)
        axis.set_xlim(doses.min() - edge, doses.max() + edge)
    axis.set_xticks(doses, [f"{dose:g}" for dose in doses], rotation=45, ha="right", rotation_mode="anchor")
    axis.minorticks_off()
    return doses
