"""Every way to do something is a command and a route, or it says here why not."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

NODE = Path(__file__).resolve().parents[2] / "node"
COMMANDS = sorted([*NODE.glob("*_commands.py"), NODE / "commands.py", NODE / "command_line.py"])
WEB = sorted((NODE / "web").glob("*.py"))

PART = "a part of other flows, which are reached"
ITSELF = "the node does it by itself"
REASONS = {
    "register_signal.register_signal": "whoever signals confirms the BSN first: the way to it is register_confirmed",
    "register_signal.register_youth": PART,
    "register_signal.log_refusal": PART,
    "register_confirmed.asked": PART,
    "work_through.ask_register": PART,
    "work_through.try_out": PART,
    "expire.require_sure_clock": PART,
    "work_through.work_on": f"{ITSELF}, or a command that waits for its import",
    "complete_youth.complete_youths": f"{ITSELF}, each hour and when persons come in",
    "apply_rules.apply_rules": f"{ITSELF}, at each start",
    "look.own_signal": "a page asks for one signal; the command shows all of one's own",
    "oversee.list_organisations": "the command at the machine reads the store, for a whole region and without a role",
    "oversee.list_roles": "the command at the machine reads the store, for a whole region and without a role",
    "expire.expire": f"{ITSELF}, each night; a command for who stands at the machine",
    "ask_again.ask_again": f"{ITSELF}, each night; a command for who stands at the machine",
}
"""Flows that no command or no route reaches."""


@cache
def parsed(file: Path) -> ast.Module:
    """A file, read once."""
    return ast.parse(file.read_text())


def flows() -> Iterator[str]:
    """Every public flow that begins at a desk."""
    for file in sorted((NODE / "flows").glob("*.py")):
        for each in parsed(file).body:
            if not isinstance(each, ast.AsyncFunctionDef) or each.name.startswith("_") or not each.args.args:
                continue
            first = each.args.args[0].annotation
            if first is not None and ast.unparse(first) == "Desk":
                yield f"{file.stem}.{each.name}"


def words(tree: ast.AST) -> set[str]:
    """Every name that stands in some code."""
    names = {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
    return names | {each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)}


def used(file: Path, names: set[str]) -> set[str]:
    """The flows behind these names in a file: only what it imports, by itself or with its module."""
    found = set()
    for each in ast.walk(parsed(file)):
        if isinstance(each, ast.ImportFrom) and each.module == "node.flows":
            modules = [alias.name for alias in each.names]
            found |= {f"{module}.{name}" for module in modules for name in names}
        elif isinstance(each, ast.ImportFrom) and (each.module or "").startswith("node.flows."):
            module = str(each.module).removeprefix("node.flows.")
            found |= {f"{module}.{alias.name}" for alias in each.names if (alias.asname or alias.name) in names}
    return found


def named_below(file: Path, start: str) -> set[str]:
    """The names in a function of a file, and in what it names of that same file."""
    defined: dict[str, ast.AST] = {}
    for each in ast.walk(parsed(file)):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            defined[each.name] = each
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            defined[each.target.id] = each
    seen: set[str] = set()
    todo = {start}
    while todo:
        seen |= todo
        todo = {name for one in todo if one in defined for name in words(defined[one])} - seen
    return seen


def routes() -> dict[tuple[str, str], set[str]]:
    """The flows that each route reaches, by method and path with ``{}`` for what varies."""
    found = {}
    for file in WEB:
        for call in ast.walk(parsed(file)):
            match call:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="web"), attr="get" | "post" as method),
                    args=[ast.Constant(value=str(path)), ast.Attribute(attr=handler) | ast.Name(id=handler)],
                ):
                    place = (method.upper(), re.sub(r"\{\w+\}", "{}", path))
                    found[place] = used(file, named_below(file, handler))
    return found


def asked_for() -> Iterator[tuple[str, str]]:
    """The routes that commands ask."""
    for file in COMMANDS:
        for call in ast.walk(parsed(file)):
            match call:
                case ast.Call(func=ast.Name(id="at_the_door"), args=[_, _, ast.Constant(value=str(method)), path, *_]):
                    yield method, re.sub(r"\{\w+\}", "{}", ast.literal_eval(ast.unparse(path).removeprefix("f")))


def test_every_flow_is_a_command_and_a_route_or_says_why_not() -> None:
    """Who works with a program and who works at the command line do the same; a flow that nobody reaches is dead."""
    every, at_the_door = set(flows()), routes()
    by_door = set().union(*at_the_door.values())
    by_command = {flow for file in COMMANDS for flow in used(file, words(parsed(file)))}
    for asked in asked_for():
        by_command |= at_the_door[asked]

    assert len(every) > 60
    assert every - (by_door & by_command) == REASONS.keys()
