"""Programs that nobody would write, and those that editing leaves behind for a moment: a scan of them ends.

`FC_SCAN_MUTANTS=10000` breaks more programs.
"""

from __future__ import annotations

import ast
import copy
import os
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from hypothesis import (
    HealthCheck,
    given,
    settings,
    strategies as st,
)

from fastapi_convert.scan import Report, Settings, scan
from tests.scan.probe import PAGES, read_page

MUTANTS: Final = int(os.environ.get("FC_SCAN_MUTANTS", "60"))
NEIGHBOUR: Final = "import time\n\n\nasync def neighbour():\n    time.sleep(1)\n"


def write(folder: Path, **sources: str) -> Path:
    """Files by name, where `__` stands for a folder."""
    for name, source in sources.items():
        target = folder / f"{name.replace('__', '/')}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source, encoding="utf-8", errors="surrogatepass")
    return folder


def scanned(folder: Path) -> Report:
    return scan([folder], Settings(cache=False, processes=1, level="all"))


def told(report: Report) -> list[tuple[str, str]]:
    return [(finding.async_function.name, finding.blocking.call) for finding in report.findings]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("class A(A):\n    pass\n\n\nasync def f(a: A):\n    a.x().y\n    A()()\n", id="its own base"),
        pytest.param(
            "class A(B):\n    pass\n\n\nB = A\nC = B\n\n\nclass D(C, D):\n    def f(self):\n        super().f()\n\n\n"
            "async def f(d: D):\n    d.f()\n    D().g()\n",
            id="its own base by other names",
        ),
        pytest.param(
            "class A(metaclass=A):\n    __call__ = __getattr__ = A\n\n\nasync def f():\n    A()()().x.y()\n",
            id="its own metaclass",
        ),
        pytest.param("@f\ndef f(g):\n    return g\n\n\n@f\nasync def v():\n    f(f)(f)()\n", id="decorated by itself"),
        pytest.param("def d(f):\n    return d(f)\n\n\n@d\n@d\nasync def v():\n    d(d)(v)()\n", id="endless decorator"),
        pytest.param("@v\nasync def v():\n    await v()\n    v(v)\n", id="coroutine decorated by itself"),
        pytest.param(
            "class A:\n    @property\n    def x(self):\n        return self.x\n\n    __getattr__ = x\n\n    @x.setter\n"
            "    def x(self, v):\n        self.x = v\n\n\nasync def f(a: A):\n    a.x.x.y\n    a.x = a.x\n",
            id="property of itself",
        ),
        pytest.param(
            "a = b\nb = c\nc = a\n\n\nasync def f():\n    a()\n    b.x()\n    c[0]()\n", id="names in a circle"
        ),
        pytest.param(
            "from typing import *\n\nT = Union['T', List['T']]\nU = TypeVar('U', bound='U')\n\n\n"
            "class G(Generic[U]):\n"
            "    x: 'G[G[U]]'\n\n    def f(self) -> 'G[T]': ...\n\n\n"
            "async def f(t: T, g: G[G], h: 'f', k: 'k' = None):\n    t.x()\n    g.x.x.x.f().f()\n    h.x()\n    k()\n",
            id="types of themselves",
        ),
        pytest.param(
            "async def f(a: '(((', b: 'a' * 3, c: f'{x}', d: lambda: 3, *e: '*', **g: {}) -> '!':\n"
            "    a.b()\n    c()\n    d()\n    e[0]()\n    g['x']()\n",
            id="annotations that are none",
        ),
        pytest.param(
            "def g():\n    x = yield from g()\n    yield x\n\n\nasync def f():\n    for a in g():\n        a()\n"
            "    async for x in f():\n        x()\n    yield g()\n",
            id="generators of themselves",
        ),
        pytest.param("async def f():\n    x = [1]\n" + "    x = [x, x, {'a': x}]\n" * 200 + "    x()\n", id="lists"),
        pytest.param("async def f():\n    x = (1, 2)\n" + "    x = (x, x)\n" * 200 + "    x[0][1]()\n", id="tuples"),
        pytest.param("async def f():\n    x = 'a'\n" + "    x = x + x\n" * 80 + "    x()\n", id="text that doubles"),
        pytest.param(
            "async def f():\n    x = 10 ** 10\n" + "    x = x ** x\n" * 5 + "    'a' * 10**12\n    [0] * 10**12\n"
            "    1 << 10**12\n    x()\n",
            id="sums that no machine can do",
        ),
        pytest.param("x = " + "9" * 4000 + "\ny = 0x" + "f" * 100_000 + "\nz = -1e999\n", id="numbers"),
        pytest.param(
            "from functools import partial\n\n\ndef g(*a):\n    return partial(g, g)\n\n\nasync def f():\n    x = g\n"
            + "    x = partial(x, x)\n" * 100
            + "    x()\n",
            id="partials of partials",
        ),
        pytest.param(
            "x = '\\ud800'\n\n\nasync def f(a='\\udfff'):\n    getattr(f, '\\ud800')()\n"
            "    {'\\ud800': f}['\\ud800']()\n",
            id="half characters",
        ),
        pytest.param(
            "import deep\nfrom deep import *\nfrom deep import deep, f as g\nfrom . import deep as h\n"
            "from .deep import f as i\nfrom ........ import z\n\n\nasync def f():\n    deep.deep.f()\n    g()\n"
            "    h.h()\n",
            id="import of itself",
        ),
        pytest.param(
            "from functools import singledispatch\n\n\n@singledispatch\ndef g(x):\n    return g(x)\n\n\n@g.register\n"
            "def _(x: g):\n    return g.register(g)\n\n\ng.register(g, g)\n\n\nasync def f():\n    g(g)\n",
            id="dispatch to itself",
        ),
        pytest.param(
            "import time\ndel time\n\n\nasync def f():\n    del f\n    f()\n    print(f)\n", id="deleted names"
        ),
        pytest.param(
            "async def f(x):\n    *a, = x\n    a, *b, c = d = x\n    [*e, (g, *h)] = x\n    a()\n    b()\n    h()\n"
            "    with x as (k, l):\n        k()\n    while (y := (z := x)()):\n        y()\n        z()\n",
            id="every kind of target",
        ),
        pytest.param(
            "async def f(x):\n" + "".join(" " * n + "for y in x:\n" for n in range(1, 18)) + " " * 18 + "x=y\n",
            id="loops in loops",
        ),
        pytest.param(
            "".join(" " * n + f"async def f{n}():\n" for n in range(90)) + " " * 90 + "await f0()\n",
            id="functions in functions",
        ),
        pytest.param(
            "".join(" " * n + f"class C{n}:\n" for n in range(90)) + " " * 90 + "pass\n", id="classes in classes"
        ),
        pytest.param(
            "async def f(x):\n" + "".join(" " * n + "with x:\n" for n in range(1, 90)) + " " * 90 + "x()\n",
            id="with in with",
        ),
        pytest.param("async def f(g, x):\n    " + "g(" * 180 + "x" + ")" * 180 + "\n", id="calls in calls"),
        pytest.param("async def f(x):\n    x" + ".f()" * 10_000 + "\n", id="ten thousand calls in a row"),
        pytest.param("async def f(x):\n    return " + "not " * 10_000 + "x\n", id="ten thousand negations"),
        pytest.param("async def f(x):\n    return " + "lambda: " * 10_000 + "x\n", id="ten thousand lambdas"),
        pytest.param("async def f(x):\n    return " + "1 if x else " * 10_000 + "x\n", id="ten thousand choices"),
        pytest.param(
            "async def f(x):\n    if x:\n        pass\n" + "    elif x:\n        pass\n" * 10_000,
            id="ten thousand branches",
        ),
        pytest.param("async def f(x):\n    return " + " or ".join(["x"] * 10_000) + "\n", id="ten thousand operands"),
    ],
)
def test_a_program_about_itself_ends_no_scan(source: str, tmp_path: Path) -> None:
    """At worst a warning for that file; the neighbour is scanned, and nothing is told that does not block."""
    report = scanned(write(tmp_path, deep=source, app=NEIGHBOUR))
    assert told(report) == [("neighbour", "time.sleep")]
    assert {warned.path for warned in report.warnings} <= {"deep.py"}
    assert len(report.warnings) <= 1


# Names of modules


def test_star_imports_in_a_circle_are_seen_through(tmp_path: Path) -> None:
    """Every name comes from the one file that has it."""
    names = [f"m{n}" for n in range(6)]
    sources = {
        name: f"from {names[(n + 1) % 6]} import *\nfrom {names[n - 1]} import *\n" for n, name in enumerate(names)
    }
    sources["m3"] += "import time\n\n\ndef far():\n    time.sleep(1)\n"
    sources["app"] = "from m0 import *\n\n\nasync def view():\n    far()\n    unknown()\n"
    (finding,) = scanned(write(tmp_path, **sources)).findings
    assert [(step.path, step.name) for step in finding.chain] == [("app.py", "far"), ("m3.py", "time.sleep")]


def test_two_modules_of_one_name_in_two_roots_are_kept_apart(tmp_path: Path) -> None:
    """Two services of one repository; each finds its own helper."""
    helper = "import time\nimport requests\n\n\ndef work():\n    {}\n"
    view = "from common.helper import work\n\n\nasync def view():\n    work()\n"
    for service, call in (("one", "time.sleep(1)"), ("two", "requests.get('x')"), ("three", "pass")):
        (tmp_path / service / "common").mkdir(parents=True)
        (tmp_path / service / "common" / "__init__.py").touch()
        (tmp_path / service / "common" / "helper.py").write_text(helper.format(call))
        (tmp_path / service / "main.py").write_text(view)
    found = [(finding.async_function.path, finding.blocking.path) for finding in scanned(tmp_path).findings]
    assert found == [("one/main.py", "one/common/helper.py"), ("two/main.py", "two/common/helper.py")]


def test_names_are_normalised_as_python_does(tmp_path: Path) -> None:
    """NFKC: a ligature, a script letter and a full-width one are the plain letters, in names but not in texts."""
    source = (
        "import time\n\n\ndef \ufb01le():\n    time.sleep(1)\n\n\nclass \u210c:\n    def \uff4dethod(self):\n"
        "        time.sleep(2)\n\n\nasync def view(h: H):\n    file()\n    h.method()\n\n\n"
        "async def other(h: \u210c):\n    getattr(h, '\uff4dethod')()\n    h.\U0001d5c6ethod()\n"
    )
    report = scanned(write(tmp_path, app=source))
    assert [(f.async_function.name, f.blocking.line) for f in report.findings] == [
        ("view", 5), ("view", 10), ("other", 10),
    ]  # fmt: skip
    assert [step.name for step in report.findings[0].chain] == ["file", "time.sleep"]


# Broken programs


def _programs() -> Iterator[ast.Module]:
    for page in sorted(PAGES.rglob("*.md")):
        for probe in read_page(str(page.relative_to(PAGES))):
            for code in probe.files.values():
                with suppress(SyntaxError):  # newer than this interpreter
                    yield ast.parse(code)


PROGRAMS: Final = tuple(_programs())


class Mutant:
    """A program of the probes in which some parts stand where they do not belong."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._other = self._random.choice(PROGRAMS)
        self.tree = copy.deepcopy(self._random.choice(PROGRAMS))
        for _ in range(self._random.randint(1, 6)):
            self._random.choice([self._expression, self._statement, self._name, self._attribute, self._definition])()

    def _nodes(self, *kinds: type[ast.AST], other: bool = False) -> list[ast.AST]:
        tree = self._random.choice([self.tree, self._other]) if other else self.tree
        return [node for node in ast.walk(tree) if isinstance(node, kinds)]

    def _values(self, *, other: bool = False) -> list[ast.AST]:
        nodes = self._nodes(ast.expr, other=other)
        return [node for node in nodes if isinstance(getattr(node, "ctx", ast.Load()), ast.Load)]

    def _expression(self) -> None:
        """One expression instead of another one."""
        if (old := self._values()) and (new := self._values(other=True)):
            self._replace(self._random.choice(old), copy.deepcopy(self._random.choice(new)))

    def _replace(self, old: ast.AST, new: ast.AST) -> None:
        for node in ast.walk(self.tree):
            for field, value in ast.iter_fields(node):
                if value is old:
                    setattr(node, field, new)
                elif isinstance(value, list):
                    value[:] = [new if each is old else each for each in value]

    def _statement(self) -> None:
        """A statement more, somewhere."""
        bodies = [body for node in ast.walk(self.tree) if isinstance(body := getattr(node, "body", None), list)]
        if bodies and (new := self._nodes(ast.stmt, other=True)):
            body = self._random.choice(bodies)
            body.insert(self._random.randint(0, len(body)), copy.deepcopy(self._random.choice(new)))

    def _name(self) -> None:
        """One name is called like another one."""
        self._same(self._nodes(ast.Name), "id")

    def _attribute(self) -> None:
        """One attribute is called like another one."""
        self._same(self._nodes(ast.Attribute), "attr")

    def _definition(self) -> None:
        """A function or class has the name of another one, or is decorated by it."""
        nodes = self._nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        if self._random.random() < 0.5:
            self._same(nodes, "name")
        elif nodes:
            one, other = self._random.choice(nodes), self._random.choice(nodes)
            assert isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            one.decorator_list.append(ast.Name(getattr(other, "name"), ast.Load()))  # noqa: B009 -- of any of the three

    def _same(self, nodes: list[ast.AST], field: str) -> None:
        if nodes:
            setattr(self._random.choice(nodes), field, getattr(self._random.choice(nodes), field))


@settings(max_examples=MUTANTS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**40))
def test_programs_with_their_parts_exchanged_end_no_scan(tmp_path: Path, seed: int) -> None:
    """Any valid program has a report: of real places, and the same one when it is asked for again."""
    source = ast.unparse(Mutant(seed).tree)
    report = scanned(write(tmp_path, app=source))
    lines = source.split("\n")
    for finding in report.findings:
        assert finding.chain
        assert finding.chain[-1].line == finding.blocking.line
        assert f"def {finding.async_function.name.rpartition('.')[2]}" in lines[finding.async_function.line - 1]
        assert all(1 <= step.line <= len(lines) for step in finding.chain)
    assert scanned(tmp_path).findings == report.findings


@settings(max_examples=MUTANTS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**40), cuts=st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=4)), max_size=4))
def test_files_with_any_bytes_in_them_end_no_scan(tmp_path: Path, seed: int, cuts: list[tuple[int, bytes]]) -> None:
    """As an editor leaves them that is killed: at most one warning."""
    data = bytearray(ast.unparse(PROGRAMS[seed % len(PROGRAMS)]).encode())
    for place, new in cuts:
        data[place : place + 3] = new
    (tmp_path / "app.py").write_bytes(data)
    (tmp_path / "neighbour.py").write_text(NEIGHBOUR)
    report = scanned(tmp_path)
    assert ("neighbour", "time.sleep") in told(report)
    assert len([warned for warned in report.warnings if "ignore" not in warned.message]) <= 1
