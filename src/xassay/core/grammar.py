"""The oracle of simulated DNA: matrices scan a sequence, sites are bound, a grammar makes a logit of them.

What an element of a sequence does to it is known exactly, so an explanation can be held against it.
"""

import torch
from torch import nn

from xassay.core.element_effects import coalitions, shapley
from xassay.core.occupancy import Scan
from xassay.core.programs import PROGRAMS, Rule
from xassay.core.targets import Explained

SEEN = 0.05  # occupancy from which a site counts as an element of a sequence
CAP = 12  # elements of a sequence that play, those of the highest occupancy


class Grammar(nn.Module):
    """f*: (sample, 4, position), one-hot or not, -> (sample, output) logits.

    weights, widths, thresholds, sharpness: as ``occupancy.Scan``; program: its number in PROGRAMS; gain,
    needed, window, spacing, decay: as ``programs.Rule``. All are arrays or numbers, as a file keeps them."""

    def __init__(self, weights, widths, thresholds, sharpness, program, gain, needed, window, spacing, decay):
        super().__init__()
        self.name = list(PROGRAMS)[int(program)]
        self.scan = Scan(weights, widths, thresholds, sharpness, plus_only=self.name == "orientation")
        numbers = dict(gain=gain, needed=needed, window=window, spacing=spacing, decay=decay, program=program)
        for key, value in numbers.items():
            whole = key in ("window", "spacing", "program")
            self.register_buffer(key, torch.as_tensor(value).to(torch.long if whole else torch.float32))

    def forward(self, x):
        return self.of_odds(self.scan(x))

    def of_odds(self, odds):
        """What the grammar makes of the log-odds of binding: (sample, motif, strand, position) -> logits."""
        window = tuple(self.window.tolist())
        numbers = self.gain, self.needed, window, int(self.spacing), float(self.decay)
        return PROGRAMS[self.name](odds, Rule(self.scan.widths, *numbers))

    @torch.no_grad()
    def elements(self, x):
        """The sites that play a part in each sequence: occupancy ``SEEN`` or more, the strongest of those of
        one motif that overlap by half or more. x: (sample, 4, position). Returns tensors of one length, the
        strongest site of a sample first: sample, motif, strand (0: as given, 1: the other), start,
        log-odds."""
        odds = self.scan(x)
        left, found = torch.where(odds >= torch.logit(torch.tensor(SEEN)), odds, -torch.inf), []
        near = self.near()
        places = torch.arange(x.shape[2], device=x.device)
        while True:
            best, at = left.flatten(1).max(1)
            rows = torch.nonzero(best > -torch.inf)[:, 0]
            if not len(rows):
                break
            motif, strand, start = torch.unravel_index(at[rows], left.shape[1:])
            found.append(torch.stack([rows, motif, strand, start]))
            close = (places - start[:, None]).abs() < near[motif][:, None]
            left[rows, motif] = left[rows, motif].masked_fill(close[:, None], -torch.inf)
        found = torch.cat([torch.zeros(4, 0, dtype=torch.long, device=x.device), *found], 1)
        sample, motif, strand, start = found[:, torch.argsort(found[0], stable=True)]
        return sample, motif, strand, start, odds[sample, motif, strand, start]

    def near(self):
        """Bases from which two sites of a motif are two elements: (motif,)."""
        return torch.div(self.scan.widths + 1, 2, rounding_mode="floor")

    @torch.no_grad()
    def effect(self, x, baseline, target):
        """phi*: the exact effect of every position on the explained output.

        The players are the elements of a sequence (``elements``; beyond ``CAP`` the strongest); all else is
        background and has none. Without an element its positions hold the baseline's bases. An element's
        Shapley value, over all coalitions, is spread over its positions in proportion to the bits that its
        own score loses there to the baseline's bases, losses alone; where two elements overlap, both add. The
        values of a sequence add up to f*(x) less f* without any element. Averaged over references.

        x: (sample, 4, position); baseline: (reference, sample, 4, position); target: (sample,), the output
        that is explained. Returns (sample, position)."""
        effect = torch.zeros_like(x[:, 0])
        sample, motif, strand, start, _ = self.elements(x)
        number = torch.bincount(sample, minlength=len(x))
        rank = torch.arange(len(sample), device=x.device) - (number.cumsum(0) - number)[sample]
        for size in number.clamp(max=CAP).unique().tolist():
            rows = torch.nonzero(number.clamp(max=CAP) == size)[:, 0]
            if not size:
                continue
            own = torch.isin(sample, rows) & (rank < CAP)
            layout = self._layout(motif[own], strand[own], start[own], x.shape[2])
            layout = layout.view(len(rows), size, *layout.shape[1:])
            effect[rows] = self._spread(x[rows], baseline[:, rows], target[rows], layout)
        return effect

    def _layout(self, motif, strand, start, length):
        """Bits of the bases at every position, (element, 4, position), NaN where the element is not."""
        kernels = self.scan.kernels()[motif, strand]
        at = torch.arange(length, device=start.device) - start[:, None]
        inside = (at >= 0) & (at < self.scan.widths[motif][:, None])
        at = at.clamp(0, kernels.shape[-1] - 1)[:, None].expand(-1, 4, -1)
        return kernels.gather(2, at).masked_fill(~inside[:, None], torch.nan)

    def _spread(self, x, baseline, target, layout):
        """phi* of sequences with the same number of elements. layout: (sample, element, 4, position)."""
        masks = ~layout.isnan().any(2)
        values = coalitions(Explained(self), x, masks, baseline, [target])
        values = shapley(values)  # (reference, sample, element)
        lost = (layout.nan_to_num() * (x - baseline)[:, :, None]).sum(-2).clamp(min=0)
        lost = torch.where(lost.sum(-1, keepdim=True) > 0, lost, masks.to(lost))
        share = lost / lost.sum(-1, keepdim=True)
        return (values.to(x)[..., None] * share).sum(2).mean(0)
