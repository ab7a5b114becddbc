"""Commands that stand on a page are commands: their names, options and arguments are those of the program."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from verwijsindex.command import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [page for page in sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")]) if page.name != "commands.md"]


def every(command: click.Command, path: tuple[str, ...], context: click.Context) -> Iterator[click.Context]:
    """Each command that does something, below this one."""
    if not isinstance(command, click.Group):
        yield context
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from every(child, (*path, name), click.Context(child, info_name=name, parent=context))


COMMANDS = list(every(main, (), click.Context(main, info_name="verwijsindex")))


def typed_on(page: str) -> list[str]:
    """What a reader would type: the lines of code blocks that begin with the program, without pipes and the shell."""
    blocks: list[str] = re.findall(r"^```\w*\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\$\(\(.*?\)\)", "0", line.removeprefix("$ ")) for block in blocks for line in block.splitlines()]
    typed = re.compile(r"(?:(?:echo|printf) [^|]+ \| )?(verwijsindex [a-z].*?)(?: 2?>.*| &| \|.*)?$")
    found = [typed.match(line) for line in lines]
    return [each[1] for each in found if each is not None]


def named_on(page: str) -> list[str]:
    """What a sentence calls by its name: `verwijsindex hub backup`, with or without what it takes."""
    return [text for text in re.findall(r"`(verwijsindex [a-z][^`\n]*)`", page) if "…" not in text and "|" not in text]


def parsed(text: str) -> tuple[click.Context, list[str]]:
    """The command and what is left for its own options and arguments."""
    command: click.Command = main
    context = click.Context(main, info_name="verwijsindex")
    words = shlex.split(text)[1:]
    while isinstance(command, click.Group) and words:
        name = words.pop(0)
        child = command.get_command(context, name)
        assert child is not None, f"{text}: there is no {name}"
        command, context = child, click.Context(child, info_name=name, parent=context)
    return context, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_on_a_page_can_be_typed(page: Path) -> None:
    """Each option exists, each required one is there, and no argument is too many or missing."""
    for text in typed_on(page.read_text("utf-8")):
        context, words = parsed(text)
        assert not isinstance(context.command, click.Group), text
        given, left, _ = context.command.make_parser(context).parse_args(words)

        missing = [each.name for each in context.command.params if each.required and not given.get(each.name or "")]
        assert (left, missing) == ([], []), text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    """And so do the options that are named with it."""
    for text in named_on(page.read_text("utf-8")):
        context, words = parsed(text)
        options = {option for each in context.command.params for option in each.opts}

        assert {word for word in words if word.startswith("--")} <= options, text


@pytest.mark.parametrize("context", COMMANDS, ids=lambda context: context.command_path)
def test_every_option_and_argument_has_words(context: click.Context) -> None:
    """An option has its help; an argument is named, in capitals, by what the command says of itself."""
    wordless = [
        each.name
        for each in context.command.params
        if not (
            each.help if isinstance(each, click.Option) else each.human_readable_name in (context.command.help or "")
        )
    ]

    assert wordless == []
