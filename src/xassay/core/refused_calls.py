"""What DeepLIFT refuses, each in one line: there is no silent gradient in the place of a rule."""

from xassay.core.errors import InputError

INSTEAD = "allowed: a method that needs no rules, such as integrated_gradients"


def lacking(what):
    """The error of an operation without a rule. what: its name in aten, and what of it has none."""
    return InputError(f"DeepLIFT: no rule for aten.{what}; {INSTEAD}")


def differing(what):
    """The error of a model that takes another course for a reference. what: where."""
    return InputError(
        f"DeepLIFT: the model computes otherwise for a sample than for its reference, at {what}; {INSTEAD}"
    )


def missing(share):
    """The error of contributions that lack this share of what the answers differ by."""
    return InputError(
        f"DeepLIFT: contributions miss {share:.0%} of what the model's answer moves, which depends on x "
        f"beside torch's operations; {INSTEAD}"
    )
