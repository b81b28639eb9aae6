"""Local edits of sequences and images against the naive definition: each edit made and asked by itself."""

import itertools

import pytest
import torch
from captum.attr import Occlusion
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from toy_models import Function

from xassay.core import windows as module
from xassay.core.errors import InputError
from xassay.core.receptive import BLOCK
from xassay.core.targets import Explained, explained
from xassay.core.windows import edited, spans, windows

PROPERTY = settings(deadline=None, max_examples=25, derandomize=True)
EVEN = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
POINTS = {
    "none": lambda width: nn.Identity(),
    "relu in place": lambda width: nn.ReLU(inplace=True),
    "gelu": lambda width: nn.GELU(),
    "prelu": lambda width: nn.PReLU(width),
    "exp": lambda width: nn.Sequential(nn.Tanh(), Function(torch.exp)),  # two in a row stay finite
    "batch norm": lambda width: settled(nn.BatchNorm1d(width)),
}
POOLS = {
    "none": nn.Identity(),
    "max": nn.MaxPool1d(2),
    "overlapping": nn.MaxPool1d(3, 2, padding=1, ceil_mode=True),
    "dilated": nn.MaxPool1d(3, 1, dilation=2),
    "apart": nn.MaxPool1d(2, 3),  # steps over every third position
    "mean": nn.AvgPool1d(2),
    "mean, padded": nn.AvgPool1d(4, 3, padding=2),
    "mean, other divisors": nn.AvgPool1d(3, 2, padding=1, count_include_pad=False),
    "mean, cut short": nn.AvgPool1d(3, 2, ceil_mode=True),
}
INEXACT = ("mean, other divisors", "mean, cut short")  # where the chain ends
ENDS = {
    "flat": nn.Identity(),
    "adaptive max": nn.AdaptiveMaxPool1d(1),
    "adaptive mean": nn.AdaptiveAvgPool1d(1),
    "amax": Function(lambda h: h.amax(-1)),
    "mean": Function(lambda h: torch.mean(h, 2, keepdim=True)),
}
PADDING = st.sampled_from([0, 2, 5, "same"])
SIZES = st.tuples(
    st.integers(1, 6), st.sampled_from([1, 1, 2, 3]), PADDING, st.integers(1, 2), st.integers(1, 2)
)
BLOCKS = st.lists(
    st.tuples(SIZES, *map(st.sampled_from, (list(POINTS), list(POOLS)))), min_size=1, max_size=3
)
COMMON = dict(
    seed=st.integers(0, 99),
    blocks=BLOCKS,
    end=st.sampled_from(list(ENDS)),
    outputs=st.sampled_from([1, 3]),
    chunk=st.sampled_from([None, 1, 7, 1000]),
)


def settled(norm):
    """Batch norm as training leaves it: statistics that are not 0 and 1."""
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2)
    nn.init.normal_(norm.weight)
    return norm


def network(shape, front, blocks, end, outputs):
    """Convolutions, what follows them, and a head; layers that the length has no room for are left out."""
    layers, width = [POINTS[front](shape[0])], shape[0]
    for (kernel, stride, *sizes), point, pool in blocks:
        conv = nn.Conv1d(width, 4, kernel, stride if sizes[0] != "same" else 1, *sizes)
        for layer in (conv, POINTS[point](4), POOLS[pool]):
            try:
                width = nn.Sequential(*layers, layer).eval()(torch.zeros(1, *shape)).shape[1]
            except RuntimeError:
                continue
            layers.append(layer)
    layers += [ENDS[end], nn.Flatten()]
    size = nn.Sequential(*layers).eval()(torch.zeros(1, *shape)).shape[1]
    return nn.Sequential(*layers, nn.Linear(size, 6), nn.ReLU(), nn.Linear(6, outputs)).eval()


@torch.no_grad()
def put(model, x, content, target, place):
    """The explained logit of one x, (channel, ...), with ``content`` in one place."""
    changed = x.clone()
    changed[(slice(None), *place)] = content
    return explained(model(changed[None]), target[None])[0].double()


def naive(model, x, starts, content, target):
    """``edited`` by loops over samples and edits."""
    out = torch.zeros(starts.shape, dtype=torch.float64)
    for s, row in enumerate(starts.tolist()):
        for e, start in enumerate(row):
            place = [slice(start, start + content.shape[3])]
            out[s, e] = put(model, x[s], content[s, e], target[s], place)
    return out


def replaced(model, x, baseline, target, axes):
    """``windows`` by loops; axes: (size, stride) of each axis of positions."""
    places = [
        [slice(start, min(start + size, n)) for start in range(0, n - size + stride, stride)]
        for n, (size, stride) in zip(x.shape[2:], axes)
    ]
    out = [
        sum(put(model, x[s], b[s][(slice(None), *place)], target[s], place) for b in baseline) / len(baseline)
        for s in range(len(x))
        for place in itertools.product(*places)
    ]
    return torch.stack(out).view(len(x), *map(len, places))


def close(found, expected, tolerance=1e-5):
    size = expected.abs().max().item()
    torch.testing.assert_close(found, expected, atol=tolerance * size, rtol=0)


def drawn(shape, width, edits, samples=3, scale=1.0):
    """x, starts, content and target of edits at any place."""
    x, content = torch.randn(samples, *shape), torch.randn(samples, edits, shape[0], width)
    starts = torch.randint(0, shape[1] - width + 1, (samples, edits))
    return scale * x, starts, scale * content, torch.randint(0, 2, (samples,))


def shortened(model, x, starts, content, target):
    return module._shortcut(model, x, starts, content, target, None) is not None


@EVEN
@PROPERTY
@given(
    **COMMON,
    length=st.integers(40, 70),
    front=st.sampled_from(sorted(POINTS.keys() - {"relu in place"})),  # which would write over x
    width=st.integers(1, 9),
    edits=st.integers(12, 60),
    double=st.booleans(),
)
def test_edits_are_edited_sequences(seed, blocks, end, outputs, chunk, length, front, width, edits, double):
    torch.manual_seed(seed)
    model, given = network((2, length), front, blocks, end, outputs), drawn((2, length), width, edits)
    if double:  # shows that nothing but rounding differs
        model, given = model.double(), [part.double() if part.is_floating_point() else part for part in given]
    assert shortened(model, *given)
    close(edited(model, *given, chunk=chunk), naive(model, *given), 1e-12 if double else 1e-5)


@EVEN
@PROPERTY
@given(
    **COMMON,
    length=st.integers(30, 40),
    references=st.integers(1, 3),
    size=st.integers(1, 12),
    stride=st.integers(1, 12),
)
def test_windows_take_each_reference(seed, blocks, end, outputs, chunk, length, references, size, stride):
    torch.manual_seed(seed)
    model = network((2, length), "none", blocks, end, outputs)
    x, _, _, target = drawn((2, length), 1, 1)
    baseline, stride = torch.randn(references, *x.shape), min(size, stride)
    found = windows(model, x, baseline, target, size, stride, chunk=chunk)
    close(found, replaced(model, x, baseline, target, [(size, stride)]))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize(("first", "length", "width"), [(False, 34, 4), (True, 35, 1), (True, 36, 4)])
def test_poolings_at_every_place(first, length, width, pool, end):
    torch.manual_seed(0)
    start = [POOLS[pool]] if first and pool not in INEXACT else []
    block = ((3, 1, 0, 1, 2), "relu in place", pool)
    left = nn.Sequential(*start)(torch.zeros(1, 2, length)).shape[2]
    model = nn.Sequential(*start, network((2, left), "none", [block], end, 1)).eval()
    starts = torch.arange(length - width + 1).expand(2, -1)
    # edits larger than all else, so that the largest value is theirs or what they hide
    content = 10 * torch.randn(2, starts.shape[1], 2, width)
    given = torch.randn(2, 2, length), starts, content, torch.tensor([0, 1])
    assert shortened(model, *given)
    close(edited(model, *given), naive(model, *given))


@PROPERTY
@given(length=st.integers(1, 40), size=st.integers(1, 40), stride=st.integers(1, 40))
def test_spans_leave_no_gap_and_end_with_the_axis(length, size, stride):
    size = min(length, size)
    stride = min(size, stride)
    found = spans(length, size, stride)
    assert {p for start, stop in found for p in range(start, stop)} == set(range(length))
    assert [start for start, _ in found] == [k * stride for k in range(len(found))]
    assert all(stop - start == size for start, stop in found[:-1]) and found[-1][1] == length
    assert len(found) == 1 or found[-2][1] < length


class Stem(nn.Module):
    """``function(self, h)`` behind a front, with parts to make it of: (sample, 4, 40) -> (sample, 1)."""

    def __init__(self, function=lambda m, h: m.net(h), *front):
        super().__init__()
        self.front, self.function = nn.Sequential(*front), function
        self.net = nn.Sequential(conv(), nn.ReLU(), nn.Conv1d(4, 4, 3, padding=1))
        self.mix = nn.MultiheadAttention(4, 2, batch_first=True)
        self.memory = nn.LSTM(4, 2, batch_first=True, bidirectional=True)
        self.norm, self.head = nn.LayerNorm(40), nn.Linear(4, 1)

    def forward(self, x):
        return self.head(self.function(self, self.front(x)).relu().mean(-1))


def conv(**options):
    return nn.Conv1d(4, 4, 5, padding=2, **options)


def attended(m, h):
    h = h.transpose(1, 2)
    return m.mix(h, h, h, need_weights=False)[0].transpose(1, 2)


def remembered(m, h):
    return m.memory(h.transpose(1, 2))[0].transpose(1, 2)


WHOLE = {
    "read twice": lambda: Stem(lambda m, x: m.net(x) * x.square().mean((1, 2), keepdim=True)),
    "and barely": lambda: Stem(lambda m, x: m.net(x) + 1e-3 * x.mean(-1, keepdim=True)),
    "turned first": lambda: Stem(lambda m, x: m.net(x.flip(-1))),
    "attention first": lambda: Stem(lambda m, x: m.net(attended(m, x))),
    "an LSTM first": lambda: Stem(lambda m, x: m.net(remembered(m, x))),
    "normalised first": lambda: Stem(lambda m, x: m.net(m.norm(x))),
    "gated by one position": lambda: Stem(lambda m, x: m.net(x * (x[..., :1] > 0))),
    "around the ends": lambda: Stem(lambda m, h: m.net(h), conv(padding_mode="circular")),
    "a view of what is written over": lambda: Stem(lambda m, h: m.net((h[..., 1:-1], h.relu_())[0]), conv()),
    "no convolution": lambda: Stem(lambda m, x: x.tanh()),
    "each position reads all": lambda: Stem(lambda m, h: m.net(h), nn.Conv1d(4, 4, 79, padding=39)),
}
IN_PART = {
    "nothing else": Stem,
    "a skip connection": lambda: Stem(lambda m, x: x + m.net(x)),
    "a skip connection later": lambda: Stem(lambda m, h: h + m.net(h), conv()),
    "one of a part": lambda: Stem(lambda m, x: m.net(x)[..., 1:-1] * x[:, :, 2:]),
    "a gate of all before a skip": lambda: Stem(lambda m, h: m.net(h * h.mean(-1, keepdim=True)) + h, conv()),
    "branches": lambda: Stem(lambda m, x: m.net(torch.cat([m.net(x)[:, :2], x.tanh()[:, 2:]], 1)), conv()),
    "written over and read again": lambda: Stem(lambda m, h: m.net(h.relu_()) + h, conv()),
    "written over and read as it was": lambda: Stem(lambda m, h: m.net(h.relu()) + h.add_(1), conv()),
    "the output read twice": lambda: Stem(lambda m, h: m.net(h) * h.flip(-1), conv(), nn.MaxPool1d(2)),
    "the output written over": lambda: Stem(lambda m, h: m.net(h.mul_(2)) + h, conv(), nn.GELU()),
    "attention later": lambda: Stem(attended, conv(), nn.ReLU()),
    "an LSTM later": lambda: Stem(remembered, conv(), nn.ReLU(inplace=True)),
    "normalised later": lambda: Stem(lambda m, h: m.norm(h), conv(bias=False)),  # at any scale alike
    "turned later": lambda: Stem(lambda m, h: m.net(h.flip(-1)), conv()),
    "averaged over channels": lambda: Stem(lambda m, h: h.mean(1, keepdim=True).expand(-1, 4, -1), conv()),
    "layers called twice": lambda: Stem(lambda m, x: m.net(m.net(x))),
    "read for its shape": lambda: Stem(lambda m, x: m.net(x) * x.shape[-1] * x.dim()),
}


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("case", WHOLE | IN_PART)
def test_a_shortcut_is_never_believed_wrongly(case, scale):
    torch.manual_seed(0)
    model, given = (WHOLE | IN_PART)[case]().eval(), drawn((4, 40), 3, 30, scale=scale)
    assert shortened(model, *given) == (case in IN_PART)
    close(edited(model, *given), naive(model, *given))


def gate(row):
    return torch.where((row > 50).any(), 0.0, 1.0)


@pytest.mark.parametrize("hidden", [torch.mean, gate])
def test_a_reading_that_nobody_watches_is_not_believed(hidden):
    """What vmap calls is not seen: a mean is NaN where x is withheld, the gate is open."""
    torch.manual_seed(0)
    model = Stem(lambda m, x: m.net(x) * torch.vmap(hidden)(x)[:, None, None]).eval()
    x, *given = drawn((4, 40), 3, 20, samples=9)
    x[4, 0, 0] = 100  # of a sample that is not tried
    close(edited(model, x, *given), naive(model, x, *given))


@pytest.mark.parametrize("front", [nn.ReLU(inplace=True), Function(lambda x: x.sub_(0.5))])
def test_a_model_that_writes_over_its_input_leaves_x_alone(front):
    torch.manual_seed(0)
    model, (x, *given) = Stem(lambda m, h: m.net(h), front).eval(), drawn((4, 40), 3, 30)
    kept = x.clone()
    close(edited(model, x, *given), naive(model, kept, *given))
    assert torch.equal(x, kept)


def test_only_what_is_tried_is_asked_in_full(monkeypatch):
    torch.manual_seed(0)
    model, plain, asked = Stem().eval(), module._plain, []

    def counted(model, x, starts, *given):
        asked.append(starts.numel())
        return plain(model, x, starts, *given)

    monkeypatch.setattr(module, "_plain", counted)
    x = torch.randn(5, 4, 40)
    windows(model, x, torch.zeros(2, *x.shape), torch.ones(5, dtype=torch.long), 5, 1)
    assert asked == [16, 16]  # of 180 for each reference


def test_few_edits_are_asked_in_full():
    torch.manual_seed(0)
    model = Stem().eval()
    assert shortened(model, *drawn((4, 40), 3, 9)) and not shortened(model, *drawn((4, 40), 3, 8))
    assert edited(model, *drawn((4, 40), 3, 0)).shape == (3, 0)


def test_more_samples_than_are_in_memory_at_a_time():
    torch.manual_seed(0)
    model, given = Stem().eval(), drawn((4, 40), 3, 5, samples=BLOCK + 3)
    assert shortened(model, *given)
    close(edited(model, *given), naive(model, *given))


def captums(model, x, baseline, target, axes):
    """What captum's occlusion, of windows that do not overlap, says of each one's first element."""
    shape = (x.shape[1], *(size for size, _ in axes))
    occlusion, given = Occlusion(Explained(model)), dict(strides=shape, additional_forward_args=target)
    fall = sum(occlusion.attribute(x, shape, baselines=b, **given) for b in baseline) / len(baseline)
    return fall.detach()[(slice(None), 0, *(slice(None, None, size) for size in shape[1:]))].double()


@pytest.mark.parametrize(
    "axes", [[(5, 5)], [(5, 3)], [(17, 40)], [(3, 3), (2, 2)], [(3, 2), (4, 3)]], ids=str
)
@pytest.mark.parametrize("chunk", [None, 1, 7])
def test_windows_of_sequences_and_images_are_captums(axes, chunk):
    torch.manual_seed(0)
    layer = nn.Conv1d if len(axes) == 1 else nn.Conv2d
    model = nn.Sequential(layer(2, 3, 3, padding=1), nn.GELU(), nn.Flatten(), nn.LazyLinear(3)).eval()
    shape, (size, stride) = (3, 2, *(17, 9)[: len(axes)]), zip(*axes)
    x, baseline, target = torch.randn(shape), torch.randn(2, *shape), torch.tensor([0, 2, 1])
    whole = explained(model(x), target).detach().double()
    sizes = (size, stride) if len(axes) == 2 else (*size, *stride)
    found = windows(model, x, baseline, target, *sizes, chunk=chunk)
    close(found, replaced(model, x, baseline, target, axes))
    if size == stride:
        fall = whole.view(-1, *[1] * len(axes)) - found
        torch.testing.assert_close(fall, captums(model, x, baseline, target, axes), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("size", "stride"), [(0, 1), (-1, 1), (10, 1), (3, 0), (3, -1), (3, 4)])
def test_windows_that_do_not_fit_or_leave_gaps_are_refused(size, stride):
    x, image, target = torch.zeros(2, 3, 9), torch.zeros(2, 3, 7, 9), torch.ones(2, dtype=torch.long)
    for values, sizes in ((x, (size, stride)), (image, ((2, size), (1, stride)))):
        with pytest.raises(InputError, match=r"^(size|stride): must be 1 to \d, .*, is "):
            windows(nn.Flatten(), values, values[None], target, *sizes)


@pytest.mark.parametrize("start", [-1, 8])
def test_edits_beyond_the_ends_are_refused(start):
    x, starts = torch.zeros(2, 3, 9), torch.tensor([[0, 7], [start, 3]])
    with pytest.raises(InputError, match="edits of 2 positions: some lie outside the sequence's 9"):
        edited(nn.Flatten(), x, starts, torch.zeros(2, 2, 3, 2), torch.ones(2, dtype=torch.long))
