"""LSTM layers as recorded operations of their own: one call a direction, not a dozen a step."""

import torch
from torch import nn
from torch.overrides import TorchFunctionMode


def _lstm_layer(x, h, c, w, u, bias):
    """One direction of a layer. x: (step, sample, input); h, c: states before, (sample, unit); w, u, bias: of
    the logits of four gates, in torch's order i, f, g, o.

    Returns the states h and c after every step, (step, sample, unit), the gates' logits and the gates, (step,
    sample, 4 units)."""
    logits = torch.addmm(bias, x.flatten(0, 1), w.mT).view(*x.shape[:2], -1)
    gates, each = torch.empty_like(logits), logits.shape[-1] // 4
    hidden = x.new_empty(*x.shape[:2], each)
    cells = torch.empty_like(hidden)
    for t, (logit, gate) in enumerate(zip(logits, gates)):
        logit.addmm_(h, u.mT)
        torch.sigmoid(logit, out=gate)
        i, f, g, o = gate.split(each, 1)
        torch.tanh(logit.split(each, 1)[2], out=g)
        c = torch.addcmul(i * g, f, c, out=cells[t])
        h = torch.mul(o, c.tanh(), out=hidden[t])
    return hidden, cells, logits, gates


LIBRARY = torch.library.Library("xassay", "DEF")
LIBRARY.define(
    "lstm_layer(Tensor x, Tensor h, Tensor c, Tensor w, Tensor u, Tensor bias)"
    " -> (Tensor, Tensor, Tensor, Tensor)"
)
LIBRARY.impl("lstm_layer", _lstm_layer, "CompositeExplicitAutograd")
lstm_layer = torch.ops.xassay.lstm_layer


class Layers(TorchFunctionMode):
    """While it lasts, an LSTM is computed layer by layer with ``lstm_layer``."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if getattr(func, "__name__", "") == "lstm" and len(args) == 9 and not kwargs:
            x, states, weights, biases, layers, _, training, both, batch_first = args
            plain = len(weights) == (4 if biases else 2) * layers * (2 if both else 1)
            if plain and not training:  # projections have one weight more
                return _layered(x, states, weights, biases, layers, 2 if both else 1, batch_first)
        return func(*args, **(kwargs or {}))


def _layered(x, states, weights, biases, layers, directions, batch_first):
    """What torch's lstm returns: outputs, the last h and the last c of every layer and direction."""
    x = x.transpose(0, 1) if batch_first else x
    each, last_h, last_c = 4 if biases else 2, [], []
    for layer in range(layers):
        outputs = []
        for k in range(layer * directions, (layer + 1) * directions):
            w, u, *bias = weights[k * each : (k + 1) * each]
            bias = sum(bias) if bias else w.new_zeros(len(w))
            turned = k % directions == 1
            h, c, *_ = lstm_layer(x.flip(0) if turned else x, states[0][k], states[1][k], w, u, bias)
            last_h.append(h[-1])
            last_c.append(c[-1])
            outputs.append(h.flip(0) if turned else h)
        x = torch.cat(outputs, -1)
    return x.transpose(0, 1) if batch_first else x, torch.stack(last_h), torch.stack(last_c)


def has_lstm(model):
    """Whether a model holds an LSTM."""
    return any(isinstance(module, nn.LSTM) for module in model.modules())
