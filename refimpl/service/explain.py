"""Validation errors as lines for people: key path, value, what is allowed.

What is allowed stands in the models, as the description of each field; nothing here knows a particular field. What a
model keeps out of its repr, because it may hold secrets, is not shown here either.
"""

from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

_LONGEST_VALUE = 60
_CONTAINERS = {dict: "mapping", list: "list"}


def explain(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line per error, in the order of the input."""
    return [_line(details, model) for details in error.errors(include_url=False)]


def _line(details: ErrorDetails, model: type[BaseModel]) -> str:
    location = details["loc"]
    path = key_path(location)
    match details["type"]:
        case "missing":
            return f"{path}: is missing; allowed is {_allowed(model, location)}"
        case "extra_forbidden":
            return f"{path}: unknown key; allowed are {', '.join(_keys(model, location[:-1]))}"
        case "clash":  # an error in words of its own
            return f"{path + ': ' if path else ''}{details['msg']}"
        case _:
            field = _field_at(model, location)
            shown = f"{_shown(details['input'])}: " if field is None or field.repr else ""
            return f"{path + ': ' if path else ''}{shown}allowed is {_allowed(model, location)}"


def key_path(location: tuple[int | str, ...]) -> str:
    """("sessions", 0, "peer") as sessions[0].peer."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def _shown(value: object) -> str:
    if isinstance(value, (dict, list)):
        return f"a {_CONTAINERS[type(value)]}"  # there may be secrets somewhere inside
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    found = _model_at(model, location)
    return list(found.model_fields) if found is not None else []


def _allowed(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    field = _field_at(model, location)
    if field is not None:
        return field.description or "something else"
    found = _model_at(model, location)
    return f"a mapping with the keys {', '.join(found.model_fields)}" if found is not None else "something else"


def _field_at(model: type[BaseModel], location: tuple[int | str, ...]) -> FieldInfo | None:
    owner = _model_at(model, location[:-1])
    return None if owner is None or not location else owner.model_fields.get(str(location[-1]))


def _model_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel] | None:
    found: type[BaseModel] | None = model
    for step in location:
        if isinstance(step, str):
            if found is None or step not in found.model_fields:
                return None
            found = _model_in(found.model_fields[step].annotation)
    return found


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, or holds as list item or alternative."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation if issubclass(annotation, BaseModel) else None
    if get_origin(annotation) in (list, tuple, Union, UnionType):
        return next((found for found in map(_model_in, get_args(annotation)) if found is not None), None)
    return None
