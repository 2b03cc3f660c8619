"""Errors of this package. `geo` stands below the registry and therefore has its own."""


class GeoError(Exception):
    """Something that cannot be computed: a stable code, a Chinese sentence and a hint."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class FenceInvalid(GeoError):
    """A fence that must not be used; the sentence is for the staff who drew it."""
