"""What is wrong with a bundle, in one line that starts with the file."""

from typing import Self


class BundleError(Exception):
    """A bundle is damaged, contradicts itself or the format, or holds no such thing."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def inside(self, path: str) -> Self:
        """The same error, of a named file."""
        return type(self)(f"{path}: {self.message}")


class UnsupportedBundle(BundleError):
    """A bundle, or the part that was asked for, needs a newer reader."""


def require(condition: bool, message: str) -> None:
    """Raises `BundleError` unless the condition holds."""
    if not condition:
        raise BundleError(message)
