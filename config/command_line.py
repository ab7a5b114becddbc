"""What the operators' command lines share: which settings file, which ready file, and refusals in one line."""

from collections.abc import Callable
from functools import update_wrapper
from pathlib import Path
from typing import Any

import click

from config.reading import SettingsRefused

FILE = click.Path(dir_okay=False, path_type=Path)
"""A file named on the command line."""

settings_option = click.option("--config", "config", type=FILE, required=True, help="The settings file.")
ready_option = click.option("--ready", type=FILE, help="Write the address to this file once it listens.")

Command = Callable[..., None]


def plainly(*refusals: type[Exception]) -> Callable[[Command], Command]:
    """For commands of a program that has these refusals: say what is wrong in one line, without a traceback."""
    expected: tuple[type[Exception], ...] = (SettingsRefused, *refusals)

    def wrap(command: Command) -> Command:
        def told(*arguments: Any, **named: Any) -> None:
            try:
                command(*arguments, **named)
            except expected as refused:
                raise click.ClickException(str(refused)) from None

        return update_wrapper(told, command)

    return wrap
