"""A validation error as one line for people: key path, value, what is allowed.

What is allowed stands in the models, as the description of each field; nothing here knows a particular one.
"""

from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails, PydanticCustomError

_LONGEST_VALUE = 60


def clash(message: str) -> PydanticCustomError:
    """An error in words of its own: about several keys together, or about a value that must not be shown."""
    return PydanticCustomError("clash", "{message}", {"message": message})


def one_line(error: ErrorDetails, top: type[BaseModel]) -> str:
    """pydantic's complaint about a document of the model `top`."""
    path, model, allowed = "", top, _mapping(top)
    owner: type[BaseModel] | None = top
    keyed = False  # the next step is a key of a mapping of models
    for step in error["loc"]:
        if isinstance(step, int):
            path += f"[{step}]"
            continue
        if keyed:
            path += f".{step}"
            keyed = False
            continue
        known = owner is not None and step in owner.model_fields
        if not known and error["type"] != "extra_forbidden":
            break  # a step of pydantic's own: an alternative of a type, or a key of a mapping
        path += f".{step}" if path else step
        if owner is not None and known:
            field = owner.model_fields[step]
            model, owner = owner, _model_in(field.annotation)
            keyed = owner is not None and get_origin(field.annotation) is dict
            allowed = field.description or (_mapping(owner) if owner is not None else "something else")
    begin = f"{path}: " if path else ""
    match error["type"]:
        case "clash":
            return f"{begin}{error['msg']}"
        case "extra_forbidden":
            return f"{begin}unknown key; allowed are {', '.join((owner or model).model_fields)}"
        case "missing":
            return f"{begin}is missing; allowed is {allowed}"
        case _:
            return f"{begin}{_shown(error['input'])}: allowed is {allowed}"


def _mapping(model: type[BaseModel]) -> str:
    return f"a mapping with the keys {', '.join(model.model_fields)}"


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"  # there may be secrets somewhere inside
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation is, or holds as list item or alternative."""
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, BaseModel) else None
    return next((found for found in map(_model_in, get_args(annotation)) if found is not None), None)
