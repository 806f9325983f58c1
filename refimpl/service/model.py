"""What all models of the operator's input have in common."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Model(BaseModel):
    """A mapping in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def clash(message: str) -> PydanticCustomError:
    """An error in words of its own: about several keys together, or about a value that must not be shown."""
    return PydanticCustomError("clash", "{message}", {"message": message})
