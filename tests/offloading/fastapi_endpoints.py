"""Legacy functions with string annotations, which are evaluated in this module and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel


class Item(BaseModel):
    name: str
    price: float = 1.5


def settings(verbose: bool = False) -> dict[str, bool]:
    """A dependency."""
    return {"verbose": verbose}


def rows(limit: Annotated[int, Query(le=100)] = 3) -> Iterator[Item]:
    """Streamed as JSON lines."""
    for number in range(limit):
        yield Item(name=str(number))


def function(item: Item, tag: str, options: Annotated[dict[str, bool], Depends(settings)]) -> Item:
    """A plain function.

    With a longer description.
    """
    return Item(name=f"{item.name} {tag} {options['verbose']}")


class Service:
    def method(self, item: Item, factor: int = 2) -> Item:
        """A method."""
        return Item(name=item.name, price=item.price * factor)

    @classmethod
    def class_method(cls, count: int) -> list[Item]:
        """A classmethod."""
        return [Item(name=cls.__name__)] * count

    @staticmethod
    def static_method(count: int) -> int:
        """A staticmethod."""
        return count

    def __call__(self, word: str) -> str:
        """A callable object."""
        return word.upper()


service = Service()
partly = partial(function, tag="fixed")
