"""`Signature`: a function's parameters and result as JSON and back, so that a job means in its process what was passed.

No pickle anywhere: what a store holds is data, and reading it runs no code but the validators of the annotations.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import sys
import types
import typing
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.fields import FieldInfo

from ._adapters import Adapter, Unstorable, names_paths, split_object
from .progress import Progress

_POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
_VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
_KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY
_VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD
_EMPTY = inspect.Parameter.empty

_DATA_IN = "Pass data instead, such as an id, and get the object inside the function."
_DATA_OUT = "Return plain data, or a Path to a file."


class UnfitPayload(ValueError):
    """A stored payload that a function cannot be called with. It names parameters and kinds of errors, and no value."""


class Signature:
    """What a function takes and returns, seen by a job. Made by `Signature.of`, once for each function.

    Its progress parameter, if it has one, is none of `parameters`: whoever runs the function fills it in, by its name.
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        original = _original(fn)
        #: The function's name, for messages.
        self.name = _name_of(original)
        _refuse_generators(original, self.name)
        declared = _resolved(original, self.name)
        #: The parameter annotated with `Progress`.
        self.progress = _progress_of(declared, self.name)
        #: All the others, with their annotations resolved; `Any` where there is none.
        self.parameters = {name: each for name, each in declared.parameters.items() if name != self.progress}
        #: Parameters that are given files.
        self.files = tuple(name for name, each in self.parameters.items() if _is_files(each.annotation))
        #: Whether it is an `async def`.
        self.is_async = _is_async(original)
        #: `Any` where there is none.
        self.result_annotation: Any = declared.return_annotation
        #: Whether it returns a file.
        self.returns_path = _is_path(_bare(self.result_annotation, optional=False))
        self._adapters = {name: _adapter_for(each, self.name) for name, each in self.parameters.items()}
        self._result = _result_adapter(self.result_annotation, self.name)
        self._accepts = declared.replace(parameters=list(self.parameters.values()), return_annotation=_EMPTY)
        self._calls = _callable_around(self.progress, declared)
        #: Changes when payloads of before may not fit any more.
        self.schema = self._hash()

    @staticmethod
    def of(fn: Callable[..., Any]) -> Signature:
        """The signature of a function, an `async def`, a partial or a callable object.

        Raises:
            TypeError: It cannot be a job; says which parameter is in the way, and the cure.
        """
        try:
            return _cached(fn)
        except TypeError:
            if _is_hashable(fn):
                raise
        return Signature(fn)

    def encode(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
        """Write the arguments of a call as JSON: an object with the parameters that were given.

        Raises:
            TypeError: They do not fit, as in a call, or a value would not come back as it was.
            pydantic.ValidationError: A value is not what its annotation says.
        """
        given = self._bind(args, kwargs)
        return "{" + ",".join(f"{json.dumps(name)}:{self._dump(name, value)}" for name, value in given.items()) + "}"

    def decode(self, payload: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments that `encode` has written, validated again: the code may be newer than the payload.

        Raises:
            UnfitPayload: The function cannot be called with them.
        """
        members = split_object(payload)
        if members is None:
            raise UnfitPayload(f"The payload for {self.name}() is no JSON object: the store was changed by hand.")
        values: dict[str, Any] = {}
        problems = [problem for name in self.parameters if (problem := self._load(name, members, values))]
        if strangers := len(members.keys() - self.parameters.keys()):
            problems.append(f"{strangers} of unknown name")
        if problems:
            raise UnfitPayload(
                f"The payload does not fit {self.name}() any more ({'; '.join(problems)}): submit the job again."
            )
        return self._arrange(values)

    def encode_result(self, value: Any) -> str:
        """Write what the function has returned as JSON, in the form of its return annotation.

        Raises:
            TypeError: It is not what the annotation says, or JSON cannot hold it. Names types, and no value.
        """
        kind = type(value).__name__
        if isinstance(value, Iterator | AsyncIterator | Awaitable | io.IOBase):
            raise TypeError(f"{self.name}() returned a {kind}, which cannot be stored. {_DATA_OUT}")
        try:
            valid, problem = self._result.validate(value), ""
        except Exception as error:  # validators are other people's code
            valid, problem = None, _kinds(error)
        if problem:
            shown = _shown(self.result_annotation)
            raise TypeError(
                f"{self.name}() is annotated to return {shown} and returned a {kind} that does not fit ({problem})."
                " Correct the one or the other."
            )
        try:
            return self._result.dump_readable(valid)
        except Unstorable as error:
            problem = str(error)
        raise TypeError(f"The result of {self.name}() cannot be stored: {problem}. {_DATA_OUT}")

    def decode_result(self, text: str) -> Any:
        """What `encode_result` has written, as the return annotation has it."""
        return self._result.load(text)

    def body_model(self) -> type[BaseModel]:
        """A model for an HTTP body: a field for each parameter but files and progress. The same at every call.

        Raises:
            TypeError: A parameter cannot come from a client: `*args`, `**kwargs`, or one that holds paths.
        """
        return self._body[0]

    def call_from_body(
        self, body: BaseModel, files: Mapping[str, Path | list[Path] | None]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The call that an instance of `body_model` asks for; what it has not set is left to the function's defaults.

        Args:
            body: The instance.
            files: For the parameters in `files`; `None` where none was sent.

        Raises:
            TypeError: A file is for no parameter of that kind.
        """
        if strangers := files.keys() - set(self.files):
            raise TypeError(f"{self.name}() takes no files as {', '.join(sorted(strangers))}.")
        attributes = self._body[1]
        fields = {name: getattr(body, field) for name, field in attributes.items() if field in body.model_fields_set}
        sent = {
            name: file for name, file in files.items() if file is not None or self.parameters[name].default is _EMPTY
        }
        return self._arrange(fields | sent)

    @cached_property
    def _body(self) -> tuple[type[BaseModel], dict[str, str]]:
        fields: dict[str, Any] = {}
        attributes: dict[str, str] = {}
        for name, parameter in self.parameters.items():
            if name in self.files:
                continue
            self._check_for_body(parameter)
            attributes[name] = _attribute_for(name, self.parameters)
            fields[attributes[name]] = self._field(parameter, renamed=attributes[name] != name)
        config = ConfigDict(extra="forbid", protected_namespaces=())
        return create_model(_camel(self.name), __config__=config, **fields), attributes

    def _check_for_body(self, parameter: inspect.Parameter) -> None:
        if parameter.kind in {_VAR_POSITIONAL, _VAR_KEYWORD}:
            raise TypeError(
                f"{self.name}() takes {parameter}, which no body can describe. Name the parameters, or take one list or"
                " dict."
            )
        if names_paths(self._adapters[parameter.name].schema):
            raise TypeError(
                f"Parameter {parameter.name!r} of {self.name}() holds paths, and no client may name paths of the"
                " server. For uploads annotate it with Path, Path | None or list[Path]; for a name take str."
            )

    def _field(self, parameter: inspect.Parameter, *, renamed: bool) -> tuple[Any, Any]:
        annotation = parameter.annotation
        if renamed:
            annotation = Annotated[annotation, Field(alias=parameter.name)]
        if parameter.default is _EMPTY:
            return annotation, ...
        return annotation, _shown_default(parameter.default)

    def _bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        if self.progress and (self.progress in kwargs or any(isinstance(value, Progress) for value in args)):
            raise TypeError(f"{self.name}() is given its progress when it runs as a job: leave it out.")
        try:
            given = self._accepts.bind(*args, **kwargs).arguments
        except TypeError as error:
            problem = str(error)
        else:
            return {name: given[name] if name in given else _default_of(each) for name, each in self._needed(given)}
        raise TypeError(f"{self.name}() {problem}")

    def _needed(self, given: Mapping[str, Any]) -> list[tuple[str, inspect.Parameter]]:
        """Parameters to write. A default made with `Field()` is among them: the function could make nothing of it."""
        asked = [(name, each) for name, each in self.parameters.items() if name in given or _is_field(each)]
        for name, each in asked:
            if name not in given and each.default.is_required():
                raise TypeError(f"{self.name}() missing a required argument: {name!r}")
        return asked

    def _dump(self, name: str, value: Any) -> str:
        adapter = self._adapters[name]
        try:
            return adapter.dump(adapter.validate(value))
        except ValidationError as error:
            error.add_note(f"This was argument {name!r} of {self.name}().")
            raise
        except Unstorable as error:
            problem = str(error)
        cure = (
            f"Annotate it, such as `{name}: set[int]`, or pass plain data."
            if self.parameters[name].annotation is Any
            else "Annotate it more exactly, or pass plain data."
        )
        raise TypeError(f"Argument {name!r} of {self.name}() cannot be stored: {problem}. {cure}")

    def _load(self, name: str, members: Mapping[str, str], values: dict[str, Any]) -> str:
        """Put the value of one parameter into `values`; what is wrong with it, or nothing."""
        parameter = self.parameters[name]
        if name not in members:
            optional = parameter.kind in {_VAR_POSITIONAL, _VAR_KEYWORD} or parameter.default is not _EMPTY
            return "" if optional else f"{name}: missing"
        try:
            values[name] = self._adapters[name].load(members[name])
        except Exception as error:  # validators are other people's code
            return f"{name}: {_kinds(error)}"
        if parameter.kind is _VAR_KEYWORD and values[name].keys() & self._keywords:
            return f"{name}: multiple values for one parameter"
        return ""

    @cached_property
    def _keywords(self) -> set[str]:
        """What must not come by way of `**kwargs`."""
        named = {name for name, each in self.parameters.items() if each.kind in {_POSITIONAL, _KEYWORD_ONLY}}
        return named if self.progress is None else {*named, self.progress}

    def _arrange(self, values: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Values by parameter as a call."""
        order = list(self._calls.parameters.values())
        by_position = [
            place
            for place, each in enumerate(order)
            if each.name in values
            and (each.kind is _POSITIONAL_ONLY or (each.kind is _VAR_POSITIONAL and values[each.name]))
        ]
        # Who is passed by position needs all places before it filled.
        for each in order[: max(by_position, default=0)]:
            if each.name not in values and each.default is not _EMPTY:
                values[each.name] = _default_of(each)
        call = inspect.BoundArguments(self._calls, OrderedDict(values))
        return call.args, call.kwargs

    def _hash(self) -> str:
        described = [
            [name, each.kind.name, each.default is not _EMPTY, self._adapters[name].schema]
            for name, each in sorted(self.parameters.items())
        ]
        text = json.dumps(described, sort_keys=True, default=lambda value: type(value).__name__)
        return hashlib.sha256(text.encode()).hexdigest()

    def __repr__(self) -> str:
        return f"<Signature of {self.name}{self._accepts}>"


@lru_cache(maxsize=1024)
def _cached(fn: Callable[..., Any]) -> Signature:
    return Signature(fn)


def _is_hashable(fn: Callable[..., Any]) -> bool:
    try:
        hash(fn)
    except TypeError:
        return False
    return True


def _original(fn: Any) -> Callable[..., Any]:
    """The function as its author wrote it, below `offload` and `staticmethod`."""
    if isinstance(fn, staticmethod):
        fn = fn.__func__
    original = getattr(fn, "sync", None)
    # An object that happens to have a method `sync` bears another name than it.
    if callable(original) and getattr(fn, "__name__", None) == _plain_name(original):
        return typing.cast("Callable[..., Any]", original)
    if not callable(fn):
        raise TypeError(f"A {type(fn).__name__} cannot be a job: it cannot be called.")
    return typing.cast("Callable[..., Any]", fn)


def _plain_name(fn: Any) -> str:
    return getattr(fn, "__name__", type(fn).__name__)


def _name_of(fn: Any) -> str:
    return _name_of(fn.func) if isinstance(fn, partial) else _plain_name(fn)


def _code_of(fn: Any) -> Any:
    """The function whose `def` decides what a call does."""
    if isinstance(fn, partial):
        return _code_of(fn.func)
    if inspect.isroutine(fn) or isinstance(fn, type):
        return fn
    return type(fn).__call__


def _is_async(fn: Any) -> bool:
    return inspect.iscoroutinefunction(fn) or inspect.iscoroutinefunction(_code_of(fn))


def _refuse_generators(fn: Any, name: str) -> None:
    code = _code_of(fn)
    if inspect.isgeneratorfunction(code) or inspect.isasyncgenfunction(code):
        raise TypeError(f"{name}() cannot be a job: it yields, and a job returns. {_DATA_OUT}")


def _resolved(fn: Any, name: str) -> inspect.Signature:
    """The signature with annotations instead of their names."""
    try:
        declared = inspect.signature(fn)
    except (ValueError, NameError) as error:
        raise TypeError(
            f"{name}() cannot be a job, for its parameters are not known ({error}). Wrap it in a function with"
            " annotations."
        ) from error
    namespace = _namespace_of(fn)
    parameters = [
        each.replace(annotation=_evaluated(each.annotation, namespace, f"parameter {each.name!r} of {name}()"))
        for each in declared.parameters.values()
    ]
    result = _evaluated(declared.return_annotation, namespace, f"the result of {name}()")
    return inspect.Signature(parameters, return_annotation=result)


def _namespace_of(fn: Any) -> dict[str, Any]:
    code = inspect.unwrap(_code_of(fn))
    code = getattr(code, "__func__", code)
    return getattr(code, "__globals__", None) or vars(sys.modules.get(getattr(code, "__module__", None) or "", typing))


def _evaluated(annotation: Any, namespace: dict[str, Any], what: str) -> Any:
    if annotation is _EMPTY:
        return Any

    def holder() -> None: ...

    holder.__annotations__ = {"it": annotation}
    try:
        return typing.get_type_hints(holder, namespace, include_extras=True)["it"]
    except Exception as error:  # an annotation is any expression
        raise TypeError(
            f"The annotation of {what} cannot be resolved ({error}). Import what it names at the top of the module, not"
            " only under TYPE_CHECKING."
        ) from error


def _bare(annotation: Any, *, optional: bool = True) -> Any:
    """An annotation without `Annotated` and, if told so, without `None`."""
    if get_origin(annotation) is Annotated and not _wants_no_file(annotation):
        return _bare(get_args(annotation)[0], optional=optional)
    if optional and get_origin(annotation) in {typing.Union, types.UnionType}:
        others = [each for each in get_args(annotation) if each is not type(None)]
        return _bare(others[0]) if len(others) == 1 else annotation
    return annotation


def _wants_no_file(annotation: Any) -> bool:
    """Pydantic's `DirectoryPath` and `NewPath`."""
    return any(getattr(each, "path_type", "file") != "file" for each in annotation.__metadata__)


def _is_path(annotation: Any) -> bool:
    return annotation is Path


def _is_files(annotation: Any) -> bool:
    bare = _bare(annotation)
    if get_origin(bare) is list:
        return _is_path(_bare(get_args(bare)[0], optional=False))
    return _is_path(bare)


def _progress_of(declared: inspect.Signature, fn: str) -> str | None:
    found = [each for each in declared.parameters.values() if _bare(each.annotation) is Progress]
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise TypeError(f"{fn}() cannot be a job: it has several parameters for its progress ({names}). Keep one.")
    if not found:
        return None
    behind = any(each.kind is _VAR_POSITIONAL for each in declared.parameters.values())
    if found[0].kind is not _KEYWORD_ONLY and (behind or found[0].kind is not _POSITIONAL):
        raise TypeError(f"{fn}() cannot be a job: {found[0].name!r} cannot be passed by name. Put it after a *.")
    return found[0].name


def _callable_around(progress: str | None, declared: inspect.Signature) -> inspect.Signature:
    """How the function is called when its progress is passed by name: what stands behind it goes by name too."""
    names = list(declared.parameters)
    behind = set(names[names.index(progress) :]) if progress else set()
    return inspect.Signature(
        [
            each.replace(kind=_KEYWORD_ONLY) if each.name in behind and each.kind is _POSITIONAL else each
            for each in declared.parameters.values()
            if each.name != progress
        ]
    )


def _adapter_for(parameter: inspect.Parameter, fn: str) -> Adapter:
    what = f"parameter {parameter.name!r}"
    annotation = _annotation_for(parameter)
    adapter = _adapter(annotation, parameter.annotation, f"{fn}() cannot be a job: {what}", _DATA_IN)
    if parameter.default is None and not _takes_none(adapter):
        # `name: str = None` is how code from before `Optional` says it.
        optional: Any = typing.Optional  # `|` is not for every annotation
        return Adapter(optional[annotation])
    return adapter


def _annotation_for(parameter: inspect.Parameter) -> Any:
    annotation = parameter.annotation
    if parameter.kind in {_VAR_POSITIONAL, _VAR_KEYWORD}:
        if get_origin(annotation) is typing.Unpack:
            return get_args(annotation)[0]
        many: Any = list if parameter.kind is _VAR_POSITIONAL else dict
        return many[annotation] if many is list else many[str, annotation]
    return Annotated[annotation, parameter.default] if _is_field(parameter) else annotation


def _takes_none(adapter: Adapter) -> bool:
    try:
        adapter.validate(None)
    except Exception:  # validators are other people's code
        return False
    return True


def _result_adapter(annotation: Any, fn: str) -> Adapter:
    effective = type(None) if annotation in {typing.NoReturn, typing.Never} else annotation
    return _adapter(effective, annotation, f"{fn}() cannot be a job: its result", _DATA_OUT)


def _adapter(annotation: Any, shown: Any, what: str, cure: str) -> Adapter:
    try:
        return Adapter(annotation)
    except Exception as error:  # pydantic's own, and whatever hooks of other people's types raise
        reason = str(error).partition("\n")[0].partition(". Set `arbitrary")[0]
        raise TypeError(
            f"{what} is annotated with {_shown(shown)}, which cannot be read from JSON ({reason}). {cure}"
        ) from error


def _shown(annotation: Any) -> str:
    return "None" if annotation is type(None) else inspect.formatannotation(annotation)


def _kinds(error: Exception) -> str:
    """What kinds of errors these are, without a value: values are in messages, contexts and keys."""
    if not isinstance(error, ValidationError):
        return type(error).__name__
    found = {each["type"] for each in error.errors(include_url=False, include_context=False, include_input=False)}
    return ", ".join(sorted(found)[:5])


def _is_field(parameter: inspect.Parameter) -> bool:
    return isinstance(parameter.default, FieldInfo)


def _default_of(parameter: inspect.Parameter) -> Any:
    default = parameter.default
    return default.get_default(call_default_factory=True) if isinstance(default, FieldInfo) else default


def _shown_default(default: Any) -> Any:
    """A default that OpenAPI can show, or one that it does not try to."""
    if isinstance(default, FieldInfo):
        return default
    try:
        TypeAdapter(Any).dump_json(default, warnings="error")
    except Exception:  # also what serializers raise
        return Field(default_factory=lambda: default)
    return default


def _attribute_for(name: str, taken: Mapping[str, Any]) -> str:
    """A field's name that is not an attribute of models: those fields go by an alias."""
    if not name.startswith("_") and not hasattr(BaseModel, name):
        return name
    attribute = f"field_{name.strip('_')}"
    while attribute in taken:
        attribute += "_"
    return attribute


def _camel(name: str) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in name).replace("_", " ").split()
    return "".join(word[:1].upper() + word[1:] for word in words) or "Body"
