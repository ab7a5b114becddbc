"""A program that serves looks seldom for objects that keep each other alive, and finds them all the same."""

import subprocess
import sys
from textwrap import dedent


def said_by(program: str) -> str:
    """What a Python of its own says: the collector is one for a whole process."""
    return subprocess.run(
        [sys.executable, "-c", dedent(program)], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_what_keeps_only_itself_alive_is_found_without_being_asked_for() -> None:
    """A server that never collected would grow for as long as it runs."""
    program = """
        import weakref
        from config.memory import YOUNG, collect_seldom

        class Ring:
            pass

        def ring():
            made = Ring()
            made.itself = made
            return weakref.ref(made)

        collect_seldom()
        first = ring()
        kept = [[] for _ in range(YOUNG - 1000)]
        before = first() is not None
        kept += [[] for _ in range(2 * YOUNG)]
        print(before, first() is not None)
    """

    assert said_by(program) == "True False"


def test_what_was_loaded_before_is_not_looked_through_again() -> None:
    """It is most of what there is, and none of it goes while the program serves."""
    program = """
        import gc
        from config.memory import collect_seldom

        loaded = [[] for _ in range(1000)]
        collect_seldom()
        looked_at = {id(each) for each in gc.get_objects()}
        print(any(id(each) in looked_at for each in loaded))
    """

    assert said_by(program) == "False"
