# What scan needs to know of e2b_code_interpreter.
from e2b import AsyncSandbox as _AsyncSandbox
from e2b import Sandbox as _Sandbox

class Sandbox(_Sandbox): ...
class AsyncSandbox(_AsyncSandbox): ...

CodeInterpreter = Sandbox
