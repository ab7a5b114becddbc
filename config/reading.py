"""Reads a settings file once, at start: TOML into a model, and a message that helps when it does not fit.

A message names the file, the key and what to do; never a value, because a value may be a secret.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import types
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, ValidationInfo

T = TypeVar("T", bound="Settings")


class Settings(BaseModel):
    """What every section of a settings file is: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, str_strip_whitespace=True)


class SettingsRefused(Exception):
    """The settings file cannot be used; the text says where and what to do."""


def _beside_the_file(value: Path, info: ValidationInfo) -> Path:
    directory: Path | None = (info.context or {}).get("directory")
    return value if directory is None else directory / value.expanduser()


FileName = Annotated[Path, AfterValidator(_beside_the_file)]
"""A path in a settings file; a relative one counts from the directory of that file."""


def read(path: Path, model: type[T]) -> T:
    """The settings in this file. Raises SettingsRefused with all that is wrong, one line each."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsRefused(
            f"{path}: cannot be read ({error.strerror}); check the path and who may read it"
        ) from None
    except UnicodeDecodeError:
        raise SettingsRefused(f"{path}: is not text in UTF-8; save it as such") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsRefused(f"{path}: is not valid TOML{_place(error)}; correct that line") from None
    try:
        return model.model_validate(content, context={"directory": path.absolute().parent})
    except ValidationError as error:
        lines = [f"{path}: {_explain(found, model)}" for found in error.errors(include_url=False)]
        raise SettingsRefused("\n".join(lines)) from None


def _place(error: tomllib.TOMLDecodeError) -> str:
    # Only the place: the parser's own text may quote what stands there.
    found = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
    return f" at {found[1]}" if found else ""


def _explain(found: Any, model: type[BaseModel]) -> str:
    location: tuple[str | int, ...] = found["loc"]
    key = _dotted(location)
    kind: str = found["type"]
    if kind == "missing":
        return f"key {key} is missing; add it"
    if kind == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        close = difflib.get_close_matches(str(location[-1]), known, n=1)
        if close:
            return f"key {key} is unknown; did you mean {_dotted((*location[:-1], close[0]))}? Otherwise remove it"
        return f"key {key} is unknown; remove it" + (f" (known here: {', '.join(sorted(known))})" if known else "")
    if kind in {"value_error", "assertion_error"}:
        text = str(found["ctx"]["error"])
        if any(value in text for value in _texts(found["input"])):
            text = "the value is not accepted"
        return f"key {key} cannot be used: {text}" if key else text
    return f"key {key} cannot be used: {found['msg'][:1].lower()}{found['msg'][1:]}; correct it"


def _texts(value: Any) -> list[str]:
    """Every value in what was read, as text: what a validator of ours or of Python's must not have quoted."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in _texts(inner)]
    return [str(value)] if isinstance(value, str) and len(value) > 3 else []


def _dotted(location: tuple[str | int, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _known_keys(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """The keys of the section at this location, as written in the file."""
    here: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int) or here is None:
            continue
        field = here.model_fields.get(part)
        here = _section(field.annotation) if field else None
    return [field.alias or name for name, field in here.model_fields.items()] if here else []


def _section(annotation: Any) -> type[BaseModel] | None:
    """The model inside `Section`, `Section | None`, `tuple[Section, ...]` and `dict[str, Section]`."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation if issubclass(annotation, BaseModel) else None
    if get_origin(annotation) in (Union, types.UnionType, tuple, list, dict, Annotated):
        for inner in get_args(annotation):
            found = _section(inner)
            if found is not None:
                return found
    return None
