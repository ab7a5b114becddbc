"""How seldom a program that serves looks for objects that keep only each other alive."""

import gc

YOUNG = 10_000
"""New containers between two looks at the youngest; Python's own 700 are passed several times in one batch."""


def collect_seldom() -> None:
    """Never look again through what was loaded until now, and through what is new once in ``YOUNG`` objects.

    Without this a batch of 250 records has the whole program looked through while it is read. Twice does nothing more.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
