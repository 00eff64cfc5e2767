"""dependency_injector: providers, which make things when they are called, and the markers that ask for what they make.

A provider is an instance of its class with two attributes: `__call__` runs what it runs, `provided` is what that gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi_convert.scan.evaluation.arguments import Arguments
from fastapi_convert.scan.evaluation.values import UNKNOWN, Atom, Cls, Const, Inst, Partial, Returns, Value, join

from ._special import Call, special

if TYPE_CHECKING:
    from fastapi_convert.scan.evaluation.calls import Calls

_PROVIDERS: Final = "dependency_injector.providers"
_MARKERS: Final = "dependency_injector.wiring"
_FACTORIES: Final = ("Factory", "AbstractFactory", "DelegatedFactory", "Callable", "DelegatedCallable", "Coroutine")
_SINGLETONS: Final = ("Singleton", "ThreadSafeSingleton", "ThreadLocalSingleton", "ContextLocalSingleton")


def _provider(frame: Calls, call: Call, runs: Value, gives: Value) -> Value:
    cls = frame.engine.project.stubs.unknown_class(call.ext.names[0])
    return (frame.atoms.inst(cls, exact=True, fields=(("__call__", runs), ("provided", gives))),)


def _given(value: Value) -> Value:
    """What is handed over for an argument: providers among them are called first."""
    return join(*(_provided(atom) or (atom,) for atom in value))


def _provided(atom: Atom) -> Value:
    return atom.fields.get("provided", ()) if isinstance(atom, Inst) and atom.cls.external else ()


def _arguments(call: Call) -> Arguments:
    keywords = {name: _given(value) for name, value in call.given.keywords.items()}
    return Arguments([_given(value) for value in call.args[1:]], keywords)


@special(*(f"{_PROVIDERS}.{name}" for name in (*_FACTORIES, *_SINGLETONS)))
def _calling(frame: Calls, call: Call) -> Value:
    if not call.args:
        return UNKNOWN
    given = _arguments(call)
    runs = (frame.atoms.make(Partial, call.first, tuple(given.positional), tuple(given.keywords.items())),)
    # Made to see what it is, not because it is made here: who asks for it runs it.
    return _provider(frame, call, runs, frame.aside().apply(runs, Arguments(), *call.place))


@special(f"{_PROVIDERS}.Resource", f"{_PROVIDERS}.ContextLocalResource")
def _resource(frame: Calls, call: Call) -> Value:
    """Opened once, as a rule before the first request; what a generator yields is the thing."""
    if not call.args:
        return UNKNOWN
    aside = frame.aside()
    gives = aside.awaited(aside.apply(call.first, _arguments(call), *call.place), through_generators=True)
    return _provider(frame, call, (frame.atoms.make(Returns, gives),), gives)


@special(f"{_PROVIDERS}.Object")
def _object(frame: Calls, call: Call) -> Value:
    return _provider(frame, call, (frame.atoms.make(Returns, call.first),), call.first)


@special(f"{_PROVIDERS}.Selector")
def _selector(frame: Calls, call: Call) -> Value:
    choices = join(*call.given.keywords.values()) or UNKNOWN
    return _provider(frame, call, choices, _given(choices))


@special(f"{_PROVIDERS}.Container")
def _container(frame: Calls, call: Call) -> Value:
    return frame.apply(tuple(atom for atom in call.first if isinstance(atom, Cls)), Arguments(), *call.place)


@special(f"{_PROVIDERS}.Configuration", f"{_PROVIDERS}.Dependency", f"{_PROVIDERS}.DependenciesContainer")
def _from_outside(*_: object) -> Value:
    return UNKNOWN  # the annotations where it arrives tell more


@special(f"{_MARKERS}.Provides.__getitem__", f"{_MARKERS}.ProvidesProvider.__getitem__")
def _marked(frame: Calls, call: Call) -> Value:
    """The thing itself as a default, and a callable that gives it in `Depends(Provide[...])`."""
    asked = tuple(atom for atom in call.first if not isinstance(atom, Const))  # a name tells nothing
    gives = (_given(asked) if "Provides." in call.ext.names[0] else asked) or UNKNOWN
    return join(gives, (frame.atoms.make(Returns, gives),))
