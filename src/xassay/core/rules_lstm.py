"""DeepLIFT's rule of an LSTM layer: gates by the slopes of their chords, products by both orders' mean.

It is what the rules of its steps would give one after the other; all steps at once but for the recurrence.
"""

import torch

from xassay.core.rules_elements import least


def lstm(step, slopes):
    """core/recorded_lstm.py's layer."""
    step.refuse(any(at > 2 for at, _ in step.call.places), "with weights that depend on x")
    w, u = step.call.args[3:5]
    gates, chords = _gates(step)
    i, f, g, o = gates.unbind(2)
    x, r = step.out_x(1), step.out_r(1)
    wave, other = x.tanh(), r.tanh()
    before = torch.cat([step.argument(2)[None], ((x + r) / 2)[:-1]])
    inner = torch.stack([g, before, i], 2) * chords[:, :, :3]  # of c in the logits of i, f, g
    outer = (wave + other) / 2 * chords[:, :, 3]  # of h in that of o
    through = o * slope_between(x, r, wave, other, _slope_of_tanh)  # of h in c
    out = torch.zeros_like(through) if slopes[0] is None else slopes[0]
    logits, state, cell = torch.empty_like(chords), torch.zeros_like(out[0]), torch.zeros_like(out[0])
    for t in range(len(out) - 1, -1, -1):
        state = state + out[t]
        cell = torch.addcmul(cell if slopes[1] is None else cell + slopes[1][t], state, through[t])
        torch.mul(cell[:, None], inner[t], out=logits[t, :, :3])
        torch.mul(state, outer[t], out=logits[t, :, 3])
        state, cell = logits[t].flatten(1) @ u, cell * f[t]
    return step.each(lambda at, value: (logits.flatten(2) @ w, state, cell)[at])


def _gates(step):
    """Gates half way and the chords of their functions: (step, sample, gate, unit)."""
    parts = [
        value.unflatten(-1, (4, -1)) for value in (step.out_x(2), step.out_r(2), step.out_x(3), step.out_r(3))
    ]
    chords = slope_between(*parts, _slope_of_sigmoid)
    chords[:, :, 2] = slope_between(*(part[:, :, 2] for part in parts), _slope_of_tanh)
    return (parts[2] + parts[3]) / 2, chords


def slope_between(x, r, out_x, out_r, slope):
    """Slope of a function's chord; where x is close to r, that of the tangent half way."""
    apart = x - r
    return torch.where(apart.abs() > least(x), (out_x - out_r) / apart, slope((x + r) / 2))


def _slope_of_sigmoid(z):
    share = z.sigmoid()
    return share * (1 - share)


def _slope_of_tanh(z):
    return 1 - z.tanh().square()


RULES = {"lstm_layer": lstm}
