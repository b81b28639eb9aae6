"""What a model computes from its input, call by call of torch's own operations (aten).

Modules, functions and methods, called once or many times, arrive here alike, composite ones in their parts. A
value is a tensor that depends on the input; values are numbered in the order of the run, the input is 0.
"""

from contextlib import ExitStack, contextmanager, nullcontext
from functools import cache
from typing import Any, NamedTuple

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode

from xassay.core.recorded_lstm import Layers, has_lstm
from xassay.core.recorded_writes import Storages
from xassay.core.refused_calls import differing, lacking

SHAPES = {  # calls that read the shape and the type of a tensor alone
    *("empty_like", "zeros_like", "ones_like", "full_like", "rand_like", "randn_like"),
    *("new_empty", "new_zeros", "new_ones", "new_full", "new_empty_strided"),
}


class Call(NamedTuple):
    """One call that reads a value."""

    name: str  # of the operation, without what tells that it writes in place
    func: Any  # the same, not in place
    args: tuple
    kwargs: dict
    places: tuple  # of the values among the arguments: (position or name, position in a list or None)
    given: tuple  # the numbers of these values
    made: tuple  # numbers of the outputs


class Recording(TorchDispatchMode):
    """The calls of a run and its values.

    like: a recording that this one has to follow step by step; another course raises InputError. ``frozen``
    holds the numbers of values that no difference passes: integers, truth values, and what follows from them
    alone."""

    def __init__(self, x, like=None):
        super().__init__()
        self.calls, self.values, self.frozen, self.like = [], [], set(), like
        self._number, self._kept = {}, []  # tensors are told by their ids, so that none may be freed
        self._storages = Storages(self)
        self.new(x)

    @classmethod
    def _should_skip_dynamo(cls):
        return False  # or torch imports its compiler at the first call, which takes a second

    def new(self, tensor):
        """Number a tensor's value."""
        number = len(self.values)
        self.values.append(tensor)
        self._kept.append(tensor)
        self._number[id(tensor)] = number
        self._storages.add(tensor, number)
        return number

    def number(self, tensor):
        """The number of a tensor's value, None where it does not depend on the input."""
        if self._storages.stale(tensor):
            return self._storages.seen_again(tensor)
        return self._number.get(id(tensor))

    def close(self):
        """Forget what serves the run alone."""
        self._number, self._kept, self._storages = {}, [], None

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs, name = kwargs or {}, func._schema.name.partition("::")[2]
        places, given = self.found(args, kwargs)
        idle = name == "rrelu_with_noise"  # draws, and writes what it drew, in training alone
        drawn = draws(func) and not idle
        if drawn and given and name not in SHAPES:
            raise lacking(f"{name}, which draws")
        if func._schema.is_mutable and not idle and (given or self._storages.holds(args)):
            return self._storages.write(name, func, args, kwargs, places, given)
        out = func(*args, **kwargs)
        if drawn:  # a value of its own: both runs must have drawn the same
            self.note(name, func, args, kwargs, (), (), out)
        elif given and name not in SHAPES:
            self.note(name, func, args, kwargs, places, given, out)
        return out

    def note(self, name, func, args, kwargs, places, given, out):
        """Keep a call and number what it made."""
        outs = out if isinstance(out, tuple | list) else (out,)
        live = not self.frozen.issuperset(given)
        made = []
        for one in outs:
            made.append(self.new(one if torch.is_tensor(one) else torch.tensor(0.0 if one is None else one)))
            if not (live and torch.is_tensor(one) and one.is_floating_point()):
                self.frozen.add(made[-1])
        self.calls.append(Call(name, func, args, kwargs, places, given, tuple(made)))
        if self.like is not None:
            self._follow(outs)

    def _follow(self, outs):
        """Check the last call against the run that this one has to follow."""
        call, at = self.calls[-1], len(self.calls) - 1
        other = self.like.calls[at] if at < len(self.like.calls) else None
        same = other is not None and call.func is other.func and call[4:] == other[4:]
        for number, one in zip(call.made, outs) if same else ():
            mine, its = self.values[number], self.like.values[number]
            # on a number that is none of torch's the model may have branched
            same = same and mine.shape == its.shape and (torch.is_tensor(one) or torch.equal(mine, its))
        if not same:
            raise differing(f"aten.{call.name}")

    def found(self, args, kwargs):
        """Places of the values among arguments, and their numbers."""
        places, given = [], []
        for at, value in (*enumerate(args), *kwargs.items()):
            if isinstance(value, torch.Tensor):
                if (number := self.number(value)) is not None:
                    places.append((at, None))
                    given.append(number)
            elif isinstance(value, list | tuple):
                for k, one in enumerate(value):
                    if isinstance(one, torch.Tensor) and (number := self.number(one)) is not None:
                        places.append((at, k))
                        given.append(number)
        return tuple(places), tuple(given)


@cache
def draws(func):
    """Whether a function of torch draws random numbers."""
    return torch.Tag.nondeterministic_seeded in func.tags


@contextmanager
def plain_attention():
    """While it lasts, attention is computed in parts that have rules, not by fused kernels."""
    with ExitStack() as stack:
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        fast = torch.backends.mha.get_fastpath_enabled()
        stack.callback(torch.backends.mha.set_fastpath_enabled, fast)
        torch.backends.mha.set_fastpath_enabled(False)
        yield


def recorded(model, x, like=None):
    """Run a model on x. Returns (recording, number of its output's value or None, output)."""
    recording = Recording(x.detach().clone(memory_format=torch.contiguous_format), like)
    with torch.no_grad(), plain_attention(), Layers() if has_lstm(model) else nullcontext(), recording:
        output = model(recording.values[0])
        number = recording.number(output)
    if like is not None and len(recording.calls) != len(like.calls):
        raise differing("the end")
    recording.close()
    return recording, number, output
