"""Every refusal of the domain has words at the door: nobody hears only that something cannot be done."""

from collections.abc import Iterator

from node.domain import errors
from node.domain.errors import NotDone
from node.web.problems import problems


def _below(kind: type[NotDone]) -> Iterator[type[NotDone]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def test_every_refusal_has_words_of_its_own() -> None:
    """A new error without Dutch words would be told as 'this cannot be done so', which helps nobody."""
    here = [kind for kind in _below(NotDone) if kind.__module__ == errors.__name__]
    assert len(here) > 30

    silent = [kind.__name__ for kind in here if kind not in problems()]

    assert silent == []
