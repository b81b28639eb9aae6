"""Calls that write in place, among recorded ones: whatever looks into the same memory has a new value.

A value stays what it was when it was made: before memory is written into, values that lie in it are copied.
The content of a written storage is a value itself, its root; a tensor that looks into it is a view of the
root when it is read next.
"""

import torch

from xassay.core.refused_calls import lacking

OVERLOADS = {"transpose_": "int"}  # of the call that does not write, where it has another name


class Storages:
    """Which values lie in which memory."""

    def __init__(self, recording):
        self.recording = recording
        self._inside = {}  # storage -> numbers of values that lie in it
        self._first = {}  # storage -> number of the value that it was made for
        self._written = {}  # storage -> (root: a number or a tensor apart from the input, version)
        self._version = {}  # id of a tensor in a written storage -> version that its number stands for

    def add(self, tensor, number):
        """A new value."""
        key = _storage(tensor)
        self._inside.setdefault(key, []).append(number)
        self._first.setdefault(key, number)
        if key in self._written:
            self._version[id(tensor)] = self._written[key][1]

    def holds(self, args):
        """Whether a call's first argument lies in memory that holds values."""
        return bool(args) and torch.is_tensor(args[0]) and _storage(args[0]) in self._first

    def stale(self, tensor):
        """Whether a tensor's memory was written into since its value was numbered."""
        if not self._written:
            return False
        written = self._written.get(_storage(tensor))
        return written is not None and self._version.get(id(tensor)) != written[1]

    def seen_again(self, tensor):
        """The number of a stale tensor's value, None where it does not depend on the input any more."""
        root, _ = self._written[_storage(tensor)]
        if torch.is_tensor(root):
            return None
        args = self.recording.values[root], tensor.size(), tensor.stride(), tensor.storage_offset()
        func = torch.ops.aten.as_strided.default
        self.recording.note("as_strided", func, args, {}, ((0, None),), (root,), tensor)
        return self.recording.calls[-1].made[0]

    def write(self, name, func, args, kwargs, places, given):
        """Run a call that writes into its first argument, and note it as one that does not."""
        packet = getattr(torch.ops.aten, name[:-1], None)
        plain = _copied if name == "copy_" else getattr(packet, OVERLOADS.get(name, func._overloadname), None)
        if not name.endswith("_") or plain is None:
            raise lacking(f"{name}, which writes")
        target, key, values = args[0], _storage(args[0]), self.recording.values
        if key not in self._first:
            args = self._spared(target, key, args)
        root, version = self._root(target, key)
        for number in self._inside.pop(key, ()):
            values[number] = values[number].clone()
        func(target, *args[1:], **kwargs)
        if name == "copy_":  # whatever was there before
            args, given = (args[1], target), tuple(n for (at, _), n in zip(places, given) if at == 1)
            places = ((0, None),) * len(given)
        self._written[key] = root, version + 1
        number = None
        if given:
            self.recording.note(name[:-1], plain, args, kwargs, places, given, target)
            number = self.recording.calls[-1].made[0]
        self._written[key] = self._whole(root, target, number), version + 1
        self._first.setdefault(key, number)
        self.recording._kept.append(target)
        return target

    def _spared(self, target, key, args):
        """Arguments, and those of the calls so far, with copies for what lies in memory that held no
        value."""
        copies = {}

        def copy(value):
            if torch.is_tensor(value) and _storage(value) == key:
                return copies.setdefault(id(value), value.clone())
            return value

        for k, call in enumerate(self.recording.calls):
            self.recording.calls[k] = call._replace(args=tuple(map(copy, call.args)))
        return tuple(map(copy, args))

    def _root(self, target, key):
        """Root and version of a storage that is about to be written into."""
        if key in self._written:
            return self._written[key]
        if key in self._first:
            return self._first[key], 0
        size = target.untyped_storage().nbytes() // target.element_size()
        return target.as_strided((size,), (1,), 0).clone(), 0

    def _whole(self, root, target, number):
        """The root once ``target`` was written, whose value has this number."""
        before = root if torch.is_tensor(root) else self.recording.values[root]
        if target.numel() == before.numel():
            return target.clone() if number is None else number
        args = before, target, target.size(), target.stride(), target.storage_offset()
        out = torch.as_strided_scatter(*args)
        given = [(k, n) for k, n in enumerate((root, number)) if n is not None and not torch.is_tensor(n)]
        if not given:
            return out
        func, places = torch.ops.aten.as_strided_scatter.default, tuple((k, None) for k, _ in given)
        self.recording.note("as_strided_scatter", func, args, {}, places, tuple(n for _, n in given), out)
        return self.recording.calls[-1].made[0]


def _storage(tensor):
    return tensor.untyped_storage()._cdata


def _copied(source, target):
    return source.to(target.dtype).expand_as(target)
