"""`Signature`: what a function takes and returns, seen by a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ._annotations import names_file, resolved, takes_files
from ._arguments import Argument
from ._bodies import Body
from ._bytes import described
from ._callables import is_async, name_of, original_of, refuse_generators
from ._calls import Calls
from ._members import read_members, split_object, write_members
from ._refusals import refuse_strangers
from ._results import Result
from ._schemas import digest

__all__ = ("Signature", "UnfitPayload")


class UnfitPayload(ValueError):
    """A stored payload that a function cannot be called with. It names parameters and kinds of errors, and no value."""


class Signature:
    """What a function takes and returns, seen by a job. Made by `Signature.of`, once for each function.

    Its progress parameter, if it has one, is none of `parameters`: whoever runs the function fills it in, by its name.

    Examples:
        >>> def resize(width: int, *, tags: set[str] = frozenset()) -> float: ...
        >>> signature = Signature.of(resize)
        >>> signature.encode((640,), {"tags": {"small"}})
        '{"width":640,"tags":["small"]}'
        >>> signature.decode('{"width":640,"tags":["small"]}')
        ((640,), {'tags': {'small'}})
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        refuse_generators(fn)
        #: The function's name, for messages.
        self.name = name_of(fn)
        #: Whether it is an `async def`.
        self.is_async = is_async(fn)
        declared = resolved(fn)
        refuse_strangers(declared, self.name)
        self._calls = Calls(declared, self.name)
        #: The parameter annotated with `Progress`.
        self.progress = self._calls.progress
        #: All the others, with their annotations resolved; `Any` where there is none.
        self.parameters = self._calls.parameters
        #: Parameters that are given files.
        self.files = tuple(name for name, each in self.parameters.items() if takes_files(each.annotation))
        #: `Any` where there is none. OpenAPI is told of it, and what bytes are.
        self.result_annotation: Any = described(declared.return_annotation)
        #: Whether it returns a file.
        self.returns_path = names_file(self.result_annotation)
        self._arguments = {name: Argument(each, self.name) for name, each in self.parameters.items()}
        self._result = Result(declared.return_annotation, self.name)
        #: A hash that changes when payloads of before may not fit any more.
        self.schema = digest([self._arguments[name].described for name in sorted(self._arguments)])

    @staticmethod
    def of(fn: Callable[..., Any]) -> Signature:
        """The signature of a function, an `async def`, a partial or a callable object; of an offloaded one's original.

        Raises:
            TypeError: It cannot be a job; says which parameter is in the way, and the cure.
        """
        original = original_of(fn)
        return _made_once(original) if _is_hashable(original) else Signature(original)

    def encode(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
        """Write the arguments of a call as JSON: an object with the parameters that were given.

        Raises:
            TypeError: They do not fit, as in a call, or a value would not come back as it was.
            pydantic.ValidationError: A value is not what its annotation says.
        """
        return write_members(self._calls.bind(args, kwargs), self._arguments)

    def decode(self, payload: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments that `encode` has written, validated again: the code may be newer than the payload.

        Raises:
            UnfitPayload: The function cannot be called with them.
        """
        members = split_object(payload)
        if members is None:
            raise UnfitPayload(f"The payload for {self.name}() is no JSON object: the store was changed by hand.")
        values, problems = read_members(members, self._arguments)
        problems.extend(f"{name}: multiple values for one parameter" for name in self._calls.clashing(values))
        if strangers := len(members.keys() - self._arguments.keys()):
            problems.append(f"{strangers} of unknown name")
        if problems:
            raise UnfitPayload(
                f"The payload does not fit {self.name}() any more ({'; '.join(problems)}): submit the job again."
            )
        return self._calls.arrange(values)

    def encode_result(self, value: Any) -> str:
        """Write what the function has returned as JSON, in the form of its annotation, as FastAPI answers with it.

        `served_result` of it is what clients get; where that would not read back as it was, more stands behind it.

        Raises:
            TypeError: It is not what the annotation says, or JSON cannot hold it. Names types, and no value.
        """
        return self._result.encode(value)

    def decode_result(self, text: str) -> Any:
        """What `encode_result` has written, as the return annotation has it.

        Raises:
            TypeError: Its JSON does not read back as the annotation.
        """
        return self._result.decode(text)

    def body_model(self) -> type[BaseModel]:
        """A model for an HTTP body: a field for each parameter but files and progress. The same at every call.

        Raises:
            TypeError: A parameter cannot come from a client: `*args`, `**kwargs`, or one that holds paths.
        """
        return self._body.model

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
        # `None` is what a function without a default is called with; one with a default has its own.
        sent = {name: file for name, file in files.items() if file is not None or not self._arguments[name].is_optional}
        return self._calls.arrange(self._body.values_of(body) | sent)

    @cached_property
    def _body(self) -> Body:  # made when it is asked for: what is submitted from Python only need not have one
        return Body(self.name, (each for name, each in self._arguments.items() if name not in self.files))

    def __repr__(self) -> str:
        return f"<Signature of {self.name}{self._calls}>"


# Submitting asks for a signature every time, and making one costs milliseconds. Functions made on the fly go again.
@lru_cache(maxsize=1024)
def _made_once(fn: Callable[..., Any]) -> Signature:
    return Signature(fn)


def _is_hashable(fn: Callable[..., Any]) -> bool:
    try:
        hash(fn)
    except TypeError:  # a callable object with `__eq__`
        return False
    return True
