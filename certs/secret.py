"""A secret: bytes with a type of their own, that never show in a repr, a log line or an error."""

import hmac
from typing import ClassVar, NoReturn


class SecretRefused(Exception):
    """These bytes cannot be this secret. The text never tells them."""


class Secret:
    """Bytes of one fixed size. ``reveal`` is the only door to them; comparing takes the same time whatever differs.

    Two secrets of different types are never equal, whatever their bytes.
    """

    __slots__ = ("_bytes",)
    SIZE: ClassVar[int] = 32

    def __init__(self, content: bytes) -> None:
        if len(content) != self.SIZE:
            raise SecretRefused(f"A {type(self).__name__} is {self.SIZE} bytes.")
        self._bytes = bytes(content)

    def reveal(self) -> bytes:
        """The bytes themselves, for a calculation or a sealed column, never for a text."""
        return self._bytes

    def __eq__(self, other: object) -> bool:
        return (
            type(other) is type(self) and isinstance(other, Secret) and hmac.compare_digest(self._bytes, other._bytes)
        )

    def __hash__(self) -> int:
        return hash((type(self), self._bytes))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"A {type(self).__name__} is not pickled.")
