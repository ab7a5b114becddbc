"""Writes the reference pages that the code already knows: messages, commands, settings and the JSON door.

``python docs/generate.py`` writes them; with ``--check`` it changes nothing and fails when a page differs.
"""

import inspect
import sys
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Union, cast, get_args, get_origin

import click
from lxml import etree
from pydantic import BaseModel
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
XS = "{http://www.w3.org/2001/XMLSchema}"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


# --- Messages ----------------------------------------------------------------------------------------


def documentation(element: Any) -> str:
    """What the schema says about an element, on one line."""
    return " ".join((element.findtext(f"{XS}annotation/{XS}documentation") or "").split())


def occurrence(element: Any) -> str:
    """How often an element occurs, in words."""
    least, most = element.get("minOccurs", "1"), element.get("maxOccurs", "1")
    if (least, most) == ("1", "1"):
        return "one"
    if (least, most) == ("0", "1"):
        return "optional"
    return f"{least} to {most}" if most != "unbounded" else f"{least} or more"


def fields(parent: Any) -> list[tuple[str, ...]]:
    """The elements inside a complex type. One that says nothing itself means what its type means."""
    types = {e.get("name"): documentation(e) for e in parent.getroottree().getroot() if e.get("name")}
    rows: list[tuple[str, ...]] = []
    for element in parent.findall(f"{XS}sequence/{XS}element"):
        kind = element.get("type").split(":")[1]
        meaning = documentation(element) or types.get(kind, "")
        rows.append((f"`{element.get('name')}`", kind, occurrence(element), meaning))
    return rows


def values(simple: Any) -> str:
    """What a simple type allows."""
    restriction = simple.find(f"{XS}restriction")
    allowed = [f"`{facet.get('value')}`" for facet in restriction]
    return ", ".join(allowed)


def messages() -> str:
    """Every message and type of the contracts, from the schemas."""
    parts = ["# Messages", "", "Written by `docs/generate.py` from the schemas in `soap_wsdl/`; do not edit.", ""]
    for name, title in (("hub", "Hub"), ("pseudonyms", "Pseudonym service"), ("fault", "Faults")):
        schema = etree.parse(ROOT / "soap_wsdl" / f"{name}_v1.xsd").getroot()
        parts += [f"## {title} (`{schema.get('targetNamespace')}`)", ""]
        for element in schema.findall(f"{XS}element"):
            parts += [f"### {element.get('name')}", "", documentation(element), ""]
            inner = element.find(f"{XS}complexType")
            if inner is not None and (rows := fields(inner)):
                parts += [table(("element", "type", "occurs", "meaning"), rows)]
        for kind in schema.findall(f"{XS}complexType"):
            parts += [f"### Type {kind.get('name')}", "", documentation(kind), ""]
            parts += [table(("element", "type", "occurs", "meaning"), fields(kind))]
        rows = [(str(e.get("name")), documentation(e), values(e)) for e in schema.findall(f"{XS}simpleType")]
        parts += [table(("value type", "meaning", "allowed"), rows)]
    return "\n".join(parts)


# --- Commands ----------------------------------------------------------------------------------------


def walk(command: click.Command, path: tuple[str, ...], context: click.Context) -> Iterator[str]:
    """A section for each command that does something."""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from walk(child, (*path, name), click.Context(child, info_name=name, parent=context))
        return
    arguments = [
        parameter.make_metavar(context) for parameter in command.params if isinstance(parameter, click.Argument)
    ]
    lines = [f"## `{' '.join((*path, *arguments))}`", "", " ".join((command.help or "").split("\f")[0].split()), ""]
    rows = [
        (f"`{' '.join(option.opts)}`", meaning(option, context), "yes" if option.required else "")
        for option in command.params
        if isinstance(option, click.Option)
    ]
    if rows:
        lines += [table(("option", "meaning", "required"), rows)]
    yield "\n".join(lines)


def meaning(option: click.Option, context: click.Context) -> str:
    """Its help, and what it may be where it is one of a few words."""
    words = [option.help or ""]
    if isinstance(option.type, click.Choice):
        words.append(f"One of {', '.join(f'`{choice}`' for choice in option.type.choices)}.")
    default = option.get_default(context)
    if option.show_default and isinstance(default, str | int | Path):
        words.append(f"Default: `{default}`.")
    return " ".join(words).strip()


def commands() -> str:
    """Every command of `verwijsindex`, from the commands themselves."""
    from verwijsindex.command import main

    head = "# Commands\n\nWritten by `docs/generate.py` from the commands' own help; do not edit.\n\n"
    return head + "\n".join(walk(main, ("verwijsindex",), click.Context(main, info_name="verwijsindex")))


# --- Settings ----------------------------------------------------------------------------------------


def described(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, ...]]:
    """A row for each setting; sections are walked, also those that may be absent or have a name of one's own."""
    for name, info in model.model_fields.items():
        section, key = section_of(info.annotation)
        if section is not None:
            needed = "required" if info.is_required() else "may be left out"
            yield (f"`[{prefix}{name}{key and '.' + key}]`", info.description or "", needed)
            yield from described(section, f"{prefix}{name}.{key and key + '.'}")
            continue
        yield (f"`{prefix}{name}`", info.description or "", default_of(info))


def section_of(kind: Any) -> tuple[type[BaseModel] | None, str]:
    """The model of a section, and what stands for the reader's own word in its name."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind, ""
    if get_origin(kind) is dict and section_of(get_args(kind)[1])[0] is not None:
        return section_of(get_args(kind)[1])[0], "OIN"
    if get_origin(kind) in (Union, types.UnionType):
        return section_of(next(each for each in get_args(kind) if each is not types.NoneType))
    return None, ""


def default_of(info: FieldInfo) -> str:
    """As it would be written in the settings file."""
    if info.is_required():
        return "required"
    default = info.get_default(call_default_factory=True)
    if default is None or default == {}:
        return "absent"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def settings() -> str:
    """Every setting of the three programs, from their models."""
    from config.hub import HubSettings
    from config.node import NodeSettings
    from config.pseudonyms import PseudonymSettings

    parts = ["# Settings", "", "Written by `docs/generate.py` from the models in `config/`; do not edit.", ""]
    parts += ["An unknown key stops the program.", ""]
    programs: tuple[tuple[str, type[BaseModel]], ...] = (
        ("Node", NodeSettings),
        ("Hub", HubSettings),
        ("Pseudonym service", PseudonymSettings),
    )
    for title, model in programs:
        parts += [f"## {title}", "", table(("setting", "meaning", "default"), list(described(model)))]
    return "\n".join(parts)


# --- JSON door ---------------------------------------------------------------------------------------


def first_paragraph(thing: object) -> str:
    """What a docstring says before its first empty line, on one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def every_body() -> dict[str, type[BaseModel]]:
    """The bodies that go in, each by the method and path that its docstring begins with."""
    from node.web.bodies import Body

    def below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
        for each in model.__subclasses__():
            yield each
            yield from below(each)

    return {
        route: each for each in below(Body) for route in first_paragraph(each).split(":")[0].rstrip(".").split(" and ")
    }


def body_rows(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """A row for each field: its name, what it may be, whether it must be there."""
    schema = model.model_json_schema()
    for name, field in schema["properties"].items():
        yield f"`{name}`", kind_of(field, schema), "yes" if name in schema.get("required", ()) else ""


def kind_of(field: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a field may be, in words."""
    if "$ref" in field:
        inner = schema["$defs"][field["$ref"].rsplit("/", 1)[1]]
        return f"object of {', '.join(f'`{name}`' for name in inner['properties'])}"
    if "anyOf" in field:
        return kind_of(next(each for each in field["anyOf"] if each.get("type") != "null"), schema)
    if "enum" in field:
        return " or ".join(f"`{each}`" for each in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    kind = str({"date": "day", "uuid": "id"}.get(field.get("format", ""), field.get("type", "")))
    if kind == "array":
        return f"list of {kind_of(field['items'], schema)}"
    if kind == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"object, each value: {kind_of(field['additionalProperties'], schema)}"
    limits = [f"at most {field['maxLength']} characters"] if "maxLength" in field and kind == "string" else []
    limits += [f"{field['minimum']} to {field['maximum']}"] if "maximum" in field else []
    return ", ".join([kind, *limits])


def json_door() -> str:
    """Every route of a node's JSON door with its body, and every problem it may answer with."""
    from node.web.door import door
    from node.web.problems import problems

    parts = ["# The JSON door", "", "Written by `docs/generate.py` from `node/web/`; do not edit.", ""]
    parts += [
        "A node serves it on loopback. Each request carries `Authorization: Bearer` with the token of the node's"
        " token file, and `Professional` with who asks: the id or reference of a profile, percent-encoded;"
        " for what a granted role allows, the reference of a person. Bodies are JSON in UTF-8, a day is written as"
        " 2026-05-17, an id as a UUID; an answer of status 204 has no body. A file goes as `text/csv`.",
        "",
    ]
    bodies = every_body()
    application = door(cast("Any", None), cast("Any", None), "", frozenset)
    routes = [route for route in application.router.routes() if route.method != "HEAD"]
    for route in sorted(routes, key=lambda each: (each.resource.canonical if each.resource else "", each.method)):
        called = f"{route.method} {route.resource.canonical if route.resource else ''}"
        parts += [f"## `{called}`", "", first_paragraph(route.handler), ""]
        if (model := bodies.pop(called, None)) is not None:
            parts += [table(("field", "is", "required"), list(body_rows(model)))]
    nameless = [name for name in bodies if name.startswith(("POST", "PUT", "DELETE"))]
    if nameless:
        raise ValueError(f"no route takes what these bodies say they are for: {', '.join(sorted(nameless))}")
    parts += [
        "## Problems",
        "",
        "An `application/problem+json` document; `type` is `urn:verwijsindex:probleem:` and:",
        "",
    ]
    rows = [(f"`{slug}`", str(status), title) for status, slug, title in problems().values()]
    rows += [("`http`", "400 to 415", "The request itself is not right: a field missing, unknown or of another kind")]
    rows += [("`niet-aangemeld`", "401", "No token, or another one than the node's")]
    return "\n".join([*parts, table(("problem", "status", "title"), sorted(rows))])


PAGES = {"messages.md": messages, "commands.md": commands, "settings.md": settings, "json-door.md": json_door}


def run(check: bool) -> int:
    """Write the pages, or compare them; 1 when a page differs."""
    differs = 0
    for name, make in PAGES.items():
        page, text = REFERENCE / name, make().rstrip() + "\n"
        if check and (not page.exists() or page.read_text("utf-8") != text):
            print(f"docs/reference/{name} is not what the code says: run ./dev docs")
            differs = 1
        if not check:
            page.write_text(text, "utf-8")
    return differs


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(run("--check" in sys.argv[1:]))
