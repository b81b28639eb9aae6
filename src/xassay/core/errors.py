"""The one error that a user can cause."""


class InputError(Exception):
    """Bad input: one line that says what is wrong, where, and what is allowed."""
