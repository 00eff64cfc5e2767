"""The project as Python would see it: modules by name, and stubs for what is not in it."""

from __future__ import annotations

from ._model import Binding, Class, Function, Module, bindings_of
from ._modules import Project
from ._stubs import Stubs

__all__ = ("Binding", "Class", "Function", "Module", "Project", "Stubs", "bindings_of")
