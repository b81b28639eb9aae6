"""What a model calls while its multipliers are recorded: which calls are linear, and the rules of the others.

Every call of torch is seen, of modules, functions and methods alike. One that is neither linear nor has a
rule is refused: a plain gradient in its place would be wrong in silence.
"""

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode, resolve_name

from xassay.core.errors import InputError
from xassay.core.layer_rules import RULES
from xassay.core.paired import Bilinear, Largest, Rescaled, dependent

LINEAR = {  # of what depends on x; with more than one such input, of all of them together
    *(
        "linear",
        "conv1d",
        "conv2d",
        "conv3d",
        "conv_transpose1d",
        "conv_transpose2d",
        "batch_norm",
        "dropout",
    ),
    *("feature_dropout", "avg_pool1d", "avg_pool2d", "adaptive_avg_pool1d", "adaptive_avg_pool2d"),
    *("add", "__add__", "__radd__", "add_", "sub", "__sub__", "__rsub__", "rsub", "sub_", "neg", "__neg__"),
    *(
        "mean",
        "sum",
        "cumsum",
        "cat",
        "concat",
        "concatenate",
        "stack",
        "hstack",
        "vstack",
        "view",
        "reshape",
    ),
    *("flatten", "unflatten", "transpose", "swapaxes", "swapdims", "permute", "movedim", "t", "squeeze"),
    *(
        "unsqueeze",
        "expand",
        "expand_as",
        "repeat",
        "repeat_interleave",
        "tile",
        "flip",
        "roll",
        "pad",
        "view_as",
    ),
    *(
        "__getitem__",
        "narrow",
        "select",
        "index_select",
        "gather",
        "take_along_dim",
        "chunk",
        "split",
        "unbind",
    ),
    *(
        "tensor_split",
        "contiguous",
        "clone",
        "to",
        "float",
        "double",
        "type_as",
        "masked_fill",
        "tril",
        "triu",
    ),
    *(
        "diagonal",
        "upsample_linear1d",
        "upsample_nearest1d",
        "interpolate",
        "embedding_bag",
        "identity",
        "unfold",
    ),
    *(
        "scatter_add",
        "index_add",
        "zero_",
        "requires_grad_",
        "T",
        "mT",
        "__get__",
        "_pad_circular",
        "constant_pad_nd",
    ),
    *(
        "pixel_shuffle",
        "adaptive_avg_pool3d",
        "hsplit",
        "split_with_sizes",
        "reshape_as",
        "nan_to_num",
        "real",
    ),
}
WEIGHED = {"linear", "conv1d", "conv2d", "conv3d"}  # linear with weights that do not depend on x
POINTWISE = {
    *(
        "relu",
        "relu_",
        "relu6",
        "leaky_relu",
        "prelu",
        "elu",
        "celu",
        "selu",
        "gelu",
        "silu",
        "mish",
        "softplus",
    ),
    *(
        "sigmoid",
        "tanh",
        "exp",
        "expm1",
        "log",
        "log1p",
        "log2",
        "sqrt",
        "rsqrt",
        "square",
        "reciprocal",
        "abs",
    ),
    *(
        "pow",
        "__pow__",
        "clamp",
        "clamp_min",
        "clamp_max",
        "hardtanh",
        "hardswish",
        "hardsigmoid",
        "logsigmoid",
    ),
    *("log_sigmoid", "softsign", "tanhshrink", "erf", "sin", "cos", "threshold", "special_expit", "exp_"),
}
PRODUCTS = {"mul", "__mul__", "__rmul__", "multiply", "mul_", "matmul", "__matmul__", "bmm", "einsum"}
QUOTIENTS = {"div", "__truediv__", "true_divide", "divide", "__rtruediv__", "__rdiv__"}
POOLS = {"max_pool1d": 1, "max_pool2d": 2, "max_pool1d_with_indices": 1, "max_pool2d_with_indices": 2}


class Multiplied(TorchFunctionMode):
    """Calls of torch with the rules of DeepLIFT in their backward pass. pairs: paired.Pairs."""

    def __init__(self, pairs):
        super().__init__()
        self.pairs = pairs

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        given = dependent((args, kwargs))
        name = func.__name__
        if not given or name in ("__get__", "size", "dim", "numel"):
            return func(*args, **kwargs)
        if name in ("where", "__setitem__", "masked_fill_", "masked_scatter"):
            return self.chosen(func, args, kwargs)
        if name in POINTWISE and len(given) == 1:
            return self.pointwise(lambda z: func(z, *args[1:], **kwargs), args[0])
        if name in PRODUCTS | QUOTIENTS:
            return self.product(func, name, args, kwargs, given)
        if name in RULES:
            return RULES[name](self, *args, **kwargs)
        if name in POOLS:
            return self.pool(func, POOLS[name], args, kwargs)
        out = func(*args, **kwargs)
        if name in WEIGHED and len(given) > 1:
            raise InputError(f"deep_lift: no rule for {name} with weights that depend on x; allowed: matmul")
        if name in LINEAR or not dependent((out,)):
            return out
        called = resolve_name(func) or name
        raise InputError(
            f"deep_lift: no rule for {called}; allowed: another method, such as integrated_gradients"
        )

    def pointwise(self, function, z):
        """A function of single values."""
        return Rescaled.apply(z, self.pairs, function)

    def product(self, func, name, args, kwargs, given):
        """A product or quotient; linear where one factor does not depend on x."""
        if name in QUOTIENTS:
            one, other = args if name not in ("__rtruediv__", "__rdiv__") else args[::-1]
            if not dependent((other,)):
                return one / other
            turned = self.pointwise(torch.reciprocal, other)
            return self.times(one, turned, torch.mul) if dependent((one,)) else one * turned
        if len(given) < 2:
            return func(*args, **kwargs)
        if name == "einsum":
            equation, *factors = args
            factors = factors[0] if len(factors) == 1 else factors
            return self.times(*factors, lambda a, b: torch.einsum(equation, a, b))
        one, other = args[:2]
        same = {"mul": torch.mul, "__mul__": torch.mul, "__rmul__": torch.mul, "multiply": torch.mul}
        return self.times(one, other, same.get(name, torch.mul if name == "mul_" else torch.matmul))

    def times(self, one, other, product):
        """The product of two values that both depend on x."""
        if one is other:
            return (
                self.pointwise(torch.square, one)
                if product is torch.mul
                else self.times(one, one.clone(), product)
            )
        if not (self.pairs.holds(one) and self.pairs.holds(other)):
            raise InputError(
                "deep_lift: no rule for a product of values whose first axis is not that of samples"
            )
        return Bilinear.apply(one, other, self.pairs, product)

    def pool(self, func, axes, args, kwargs):
        """Maximum pooling, overlapping or not."""
        pooling = functional.max_pool1d if axes == 1 else functional.max_pool2d
        indices = bool(kwargs.pop("return_indices", False))

        def pooled(z):
            return pooling(z, *args[1:6], **kwargs, return_indices=True)

        out = Largest.apply(args[0], self.pairs, pooled, axes)
        return (out, None) if indices or func.__name__.endswith("indices") else out

    def chosen(self, func, args, kwargs):
        """Values chosen by a condition, which must be the same for a sample and its references."""
        if func.__name__ == "where" and torch.is_tensor(args[0]) and self.pairs.holds(args[0]):
            grouped = args[0].unflatten(0, (self.pairs.groups, -1))
            if not (grouped == grouped[:1]).all():
                raise InputError(
                    "deep_lift: no rule for torch.where with a condition that differs from x to reference"
                )
        return func(*args, **kwargs)
