"""Softening: syntax that is newer than the running Python is read all the same, and every name is where it was."""

from __future__ import annotations

import ast
import re
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import (
    given,
    strategies as st,
)

from fastapi_convert.scan import Settings, scan
from fastapi_convert.scan._comments import comments_in
from fastapi_convert.scan.sources import _reading, softening
from fastapi_convert.scan.sources.softening import _parsing
from fastapi_convert.scan.sources.softening._restoring import TypeAlias

_SKIPPED = {"ctx", "kind", "type_comment", "type_ignores", "type_params"}


def _parse(text: str) -> ast.Module:
    return softening.parse(text)[0]


def _shape(node: object) -> Any:
    """A tree without positions, without the texts of f-strings, and with aliases as assignments."""
    match node:
        case ast.JoinedStr(values=values):
            return ["JoinedStr", *(_shape(each) for each in values if isinstance(each, ast.FormattedValue))]
        case ast.FormattedValue(value=value, conversion=conversion, format_spec=shown):
            return ["FormattedValue", _shape(value), conversion, *(_shape(shown)[1:] if shown else [])]
        case TypeAlias(name=name, value=value):
            return ["Assign", [_shape(name)], _shape(value)]
        case ast.AST():
            return [
                type(node).__name__,
                *(_shape(each) for name, each in ast.iter_fields(node) if name not in _SKIPPED),
            ]
        case list():
            return [_shape(each) for each in node if not _is_nothing(each)]
    return node


def _is_nothing(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is None


def _misplaced(text: str) -> list[str]:
    """The names whose line and column in the tree is not where they stand in the text."""
    tree, softer = softening.parse(text)
    lines, ours = text.split("\n"), [line.encode() for line in softer.split("\n")]
    wrong = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            column = len(ours[node.lineno - 1][: node.col_offset].decode())
            if not lines[node.lineno - 1].startswith(node.id, column):
                wrong.append(node.id)
    return wrong


FORMATTED = [
    pytest.param('f"{x["k"]}"', "f\"{x['k']}\"", id="the same quotes"),
    pytest.param('f"{f"{x}{y!r}"}{z}"', "f\"{f'{x}{y!r}'}{z}\"", id="in each other"),
    pytest.param("f'{'\\n'.join(x)}'", "f'''{\"\"\"\n\"\"\".join(x)}'''", id="backslash"),
    pytest.param('f"{\n    x  # of a\n}"', 'f"{x}"', id="comment and newlines"),
    pytest.param('f"""{\n x["""k"""]}\n{y}\n\n{z}\n"""', "f\"{x['k']}{y}{z}\"", id="three quotes"),
    pytest.param('f"""{x}\n{y}"""', 'f"{x}{y}"', id="a field at the beginning of a line"),
    pytest.param('f"{x["k"]!r}{y!s}{z!a}{q}"', "f\"{x['k']!r}{y!s}{z!a}{q}\"", id="conversions"),
    pytest.param('f"{x["k"] = }{y=!s}{z=:>3}{q==w}{q!=w}"', "f\"{x['k']!r}{y!s}{z:3}{q==w}{q!=w}\"", id="equals"),
    pytest.param('f"{x = # why\n}"', 'f"{x!r}"', id="comment behind equals"),
    pytest.param('f"{x["k"]:%H:%M}{y:{n}.{m}}"', "f\"{x['k']}{y:{n}{m}}\"", id="formats"),
    pytest.param('f"{x:{y:{z}}}"', 'f"{x:{y}{z}}"', id="a format in a format"),
    pytest.param('f"{a, b["k"]}{c,}{*d, e}"', "f\"{a, b['k']}{c,}{*d, e}\"", id="tuples"),
    pytest.param('f"{{{x["k"]}}}{{}}"', "f\"{x['k']}\"", id="braces"),
    pytest.param('f"{ {"a": 1}["a"] }"', "f\"{ {'a': 1}['a'] }\"", id="a dictionary"),
    pytest.param('rf"\\{x["k"]}"', "f\"{x['k']}\"", id="raw"),
    pytest.param('f"\\N{DIGIT ONE}\\"{x["k"]}"', "f\"{x['k']}\"", id="escapes"),
    pytest.param('f"{x["k"]}"[0].format(y)[1]', "f\"{x['k']}\"[0].format(y)[1]", id="with a trailer"),
    pytest.param('"a" "{b}" f"{x["k"]}" "c" f"{y}"', "f\"{x['k']}{y}\"", id="next to others"),
    pytest.param('("" # a\n f"" # b\n f"{x["k"]}"\n"")', "f\"{x['k']}\"", id="next to others over lines"),
    pytest.param('"" \\\n f"{x["k"]}" \\\n "a"', "f\"{x['k']}\"", id="next to others behind backslashes"),
    pytest.param('"\\\n" f"{x["k"]}\\\n{y}"', "f\"{x['k']}{y}\"", id="backslashes in texts"),
    pytest.param('f"é{é["é"]}" + é + f"{é}{x}"', 'f"{é[\'é\']}" + é + f"{é}{x}"', id="beyond ASCII"),
    pytest.param('f"{f"{y}"\n f"{x}"}"', "f\"{f'{y}' f'{x}'}\"", id="next to others in a field"),
    pytest.param('rf"\\N{x["k"]}"', "f\"{x['k']}\"", id="raw, and no name"),
    pytest.param('f"{x["k"]}" + f"{y}" % "{z}"', 'f"{x[\'k\']}" + f"{y}" % "{z}"', id="next to operators"),
    pytest.param('[f"{x["k"]}" for x in y]', "[f\"{x['k']}\" for x in y]", id="in a comprehension"),
    pytest.param('f"{lambda_["k"]}{(lambda x: y)}"', "f\"{lambda_['k']}{(lambda x: y)}\"", id="lambda"),
    pytest.param('f"{x[1:2]}{x["a":"b"]:>3}"', "f\"{x[1:2]}{x['a':'b']:3}\"", id="slices"),
]


@pytest.mark.parametrize("newer, older", FORMATTED)
def test_what_is_evaluated_in_an_f_string_is_the_same(newer: str, older: str) -> None:
    """As in one that every Python reads."""
    assert _shape(_parse(f"value = {newer}\n")) == _shape(ast.parse(f"value = {older}\n"))


STATEMENTS = [
    pytest.param("type X = dict[str, int]", "X = dict[str, int]", id="type alias"),
    pytest.param("type X[T, *Ts = int, **P] = A[T]", "X = A[T]", id="type alias with parameters"),
    pytest.param("if x: type Y = int; type Z = str", "if x: Y = int; Z = str", id="type aliases in a line"),
    pytest.param("def f[T](x: T) -> T: pass", "def f(x: T) -> T: pass", id="function"),
    pytest.param("async def f[T: (int, str) = int](x): pass", "async def f(x): pass", id="bound and default"),
    pytest.param("def f[\n  T,  # why\n\n  *Ts\n](x): pass", "def f(x): pass", id="parameters over lines"),
    pytest.param("class A[T](B[T], metaclass=M): pass", "class A(B[T], metaclass=M): pass", id="class"),
    pytest.param("class A[T]: pass", "class A: pass", id="class without bases"),
    pytest.param("def f[T = f'{x}', U = x](y): pass", "def f(y): pass", id="f-string among the parameters"),
    pytest.param("class A:\n  def f[T](x):\n    type X = T", "class A:\n  def f(x):\n    X = T", id="inside"),
    pytest.param("@f[x]\ndef g[T](): pass", "@f[x]\ndef g(): pass", id="decorated"),
    pytest.param("lazy import a.b", "import a.b", id="lazy import"),
    pytest.param("lazy from a import (b,\n c)", "from a import (b, c)", id="lazy from"),
    pytest.param("x = t'{a!r:>{b}}' t'{c}'", "x = (a, c)", id="t-string"),
    pytest.param("x = y, t''", "x = y, ()", id="t-string without fields"),
    pytest.param("x = rt'''\n\n'''\ny", "x = ()\ny", id="t-string over lines"),
    pytest.param(
        "def f():\n  x = f'{yield a}{yield}{yield from b}'",
        "def f():\n  x = f'{(yield a)}{(yield)}{(yield from b)}'",
        id="f-string that yields",
    ),
]


@pytest.mark.parametrize("newer, older", STATEMENTS)
def test_a_newer_statement_is_an_older_one(newer: str, older: str) -> None:
    """But for what only a type checker reads."""
    assert _shape(_parse(newer)) == _shape(ast.parse(older))


@pytest.mark.parametrize(
    "types, brackets",
    [
        ("A, B", "(A, B)"),
        ("A, b.C, d[e, f](g)", "(A, b.C, d[e, f](g))"),
        ("A,", "(A,)"),
        ("A if b else c, D", "(A if b else c, D)"),
        ("(A), (B)", "(A, B)"),
        ("A, \\\n  B", "(A, B)"),
        ("(A, B)", "(A, B)"),
        ("A", "A"),
    ],
)
@pytest.mark.parametrize("word", ["except ", "except* ", "except   "])
@pytest.mark.parametrize("body", ["\n  pass", " x()", "x()", "  # why\n  pass"])
def test_a_handler_gets_its_brackets(types: str, brackets: str, word: str, body: str) -> None:
    """As many types as there are, and whatever stands behind the colon."""
    newer, older = (f"try: pass\n{word}{each}:{body}\n" for each in (types, brackets))
    assert _shape(_parse(newer)) == _shape(ast.parse(older))
    assert _misplaced(newer) == (["x"] if body == "x()" and types != brackets else [])


def test_no_blank_in_front_of_the_types_is_no_harm() -> None:
    """The line gets longer then."""
    newer, older = "try: pass\nexcept(A), B:pass\n", "try: pass\nexcept (A, B): pass\n"
    assert _shape(_parse(newer)) == _shape(ast.parse(older))


@pytest.mark.parametrize(
    "source",
    [
        "type = type[x]\nx: type = 3\ntype in [1]\ntype is x\ntype(x)[y], type\nlambda: type\n",
        "lazy = lazy.x\nlazy(lazy)\nfrom lazy import x\nfrom . import lazy\n",
        "match x:\n  case type, A(as_=b) as c: pass\n  case {'type': lazy}: pass\n",
        "try: pass\nexcept A as e: x, y\nexcept f(x, y): x, y\nexcept [x, y][0]: x, y\n",
        "x.type, x._def[y]\nfor f in classes[x], y: pass\n",
        "'def f[T](): pass', \"\"\"\ntype X = int\n\"\"\", '{', r'\\\\', u'{x}', f'', f'{{}}'\n# f'{' def f[T\n",
        "x = b'{x}' rb'{'\n",
        "x = y if(z)else'f'\nx = y if'{'else'}'\n",
        "(\ntype\n)\nwith (a as b, c as d): pass\n",
    ],
)
def test_what_only_looks_newer_stays_as_it_is(source: str) -> None:
    """Next to something that is newer."""
    _, softer = softening.parse(source + "def f[T](): pass\n")
    assert softer == source + "def f   (): pass\n"


PLACES = '''\
type Alias[T] = list[a1]; a2
class A[T: int](a3): b1; b2
def f[  # why
    T = int,

](x: b3) -> b4: c1(c2)
try: c3
except c4, c5: c6
é1 = f"é{é2["é"]!r:>{é3}}" "é" f'{é4=}' + é5.x(é6)
x = f"""
é{d1}{
    d2["é"]  # why
} \\
{d3} { d4 }
{d5}""" + d6
lazy import x; d7
y = t"é{e1}" t'{e2:{e3}}' + f"{f"{f"{e4}" + e5}" + e6}" + e7
z = ("é"  # why
  "" f"{g1:
}" f""
) + g2
'''


def test_what_is_not_new_stays_where_it_was() -> None:
    """Line and column of every name."""
    names = [node.id for node in ast.walk(_parse(PLACES)) if isinstance(node, ast.Name)]
    expected = set(re.findall(r"\b[a-gé]\d\b", PLACES)) - {"e3"}  # how a part of a t-string is shown is not kept
    assert {name for name in names if name[-1].isdigit()} == expected
    assert _misplaced(PLACES) == []


def test_a_string_begins_and_ends_where_it_did() -> None:
    """With all that stand next to it."""
    (assigned,) = _parse('x = "é" f"{a}" \\\n  "b"\n').body
    assert isinstance(assigned, ast.Assign)
    value = assigned.value
    assert isinstance(value, ast.JoinedStr)
    assert (value.lineno, value.col_offset, value.end_lineno, value.end_col_offset) == (1, 4, 2, 5)


def test_a_line_with_a_yield_grows_but_stays_the_same_line() -> None:
    """There is no room for the brackets that an older Python wants."""
    assert _misplaced('def f():\n  f"{yield a}"; b\n  c') == ["b", "a"]


def test_the_type_parameters_of_a_class_are_kept() -> None:
    """The scan reads types with their help."""
    first = "class A[\n  T: (int, str),  # why, B\n  *Ts = *tuple[int, str],\n  **P = [int, str],\n]: pass\n"
    tree = _parse(f"{first}class B: pass\nclass C[U]: pass\n")
    names = [[each.name for each in getattr(node, "type_params", ())] for node in tree.body]
    assert names == [["T", "Ts", "P"], [], ["U"]]


def test_an_alias_is_no_assignment() -> None:
    """In an alias, a text is a type."""
    aliases = [node for node in _parse('type X = "A"; X = "A"; type Y[T] = X').body if isinstance(node, TypeAlias)]
    assert [(ast.unparse(each.name), ast.unparse(each.value)) for each in aliases] == [("X", "'A'"), ("Y", "X")]


def test_comments_are_found_at_their_lines() -> None:
    """Those in f-strings too; those in texts are none."""
    text = (
        'x = f"{a["# fastapi-convert: 0"]}"  # fastapi-convert: 1\n'
        'y = f"""# fastapi-convert: 2\n{\nb  # fastapi-convert: 4\n}"""\n'
    )
    _, softer = softening.parse(text)
    assert [(each.line, each.text[-1]) for each in comments_in(softer)] == [(1, "1"), (4, "4")]


BROKEN = [
    *(
        'f"',
        'f"{',
        'f"{x',
        'f"{x:',
        'f"{x!',
        'f"{x!r',
        'f"}"',
        'f"{}"',
        'f"{ }"',
        'f"{x\n"',
        'f"\n"',
        'f"\\N{"',
        "f'{x:'}",
    ),
    *(
        '"',
        "'''",
        '"\n"',
        "x = )",
        "(",
        "f'{)}'",
        "f'{(}'",
        "f'{=}'",
        "f'{x!'",
        "f'{yield'",
        'f"{x}\n"',
        '"\na" f"{x}"',
        "f'{x:'}'",
        "\\",
        "t'{x y}'",
        "f'{:}'",
    ),
    *(
        "type X",
        "type X = ",
        "type X[",
        "type if = 3",
        "type X Y = 3",
        "lazy import",
        "lazy x",
        "except",
        "except A, B",
    ),
    *(
        "def f[",
        "def f[T",
        "def f[](",
        "class A[T]",
        "try: pass\nexcept A, B as c: pass\n",
        "def f[T: f'{x}']",
        "except ,:",
        "try: pass\nexcept A,\nx: pass",
    ),
    *("f'{" * 100_000, "f'{x:{" * 100, "(" * 100_000, "def f[" * 1000),
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_what_no_python_reads_is_a_syntax_error(number: int) -> None:
    """And nothing else; the file's warning is about what is in the file."""
    source = BROKEN[number]
    with pytest.raises(SyntaxError):
        softening.parse(source)
    with pytest.raises(SyntaxError) as told:
        ast.parse(source)
    assert f"Python says: {told.value.msg:.200}" in _reading.extract(source.encode()).problem


def test_strings_may_be_in_each_other_as_deep_as_people_write() -> None:
    """And nearly as deep as Python allows, which is 150."""
    deep = 'f"{' * 140 + "x" + '}"' * 140
    assert [node.id for node in ast.walk(_parse(deep)) if isinstance(node, ast.Name)] == ["x"]
    with pytest.raises(SyntaxError, match="in each other"):
        _parse('f"{' * 500)


def test_a_string_has_as_many_fields_as_people_write() -> None:
    """Each is a level of the tree until it is put back: beyond some number the parser gets slow, then gives up."""
    (value,) = (node for node in ast.walk(_parse("f'" + "{a}" * 1000 + "'")) if isinstance(node, ast.JoinedStr))
    assert len(value.values) == 1000
    with pytest.raises(SyntaxError, match="more than 2000 fields"):
        _parse("f'" + "{a}" * 1000 + "' f'" + "{a}" * 1001 + "'")


def test_a_source_that_is_too_large_is_not_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own error stands."""
    monkeypatch.setattr(_parsing, "_MOST_CHARACTERS", 16)
    assert _parse("type X = integer").body
    with pytest.raises(SyntaxError, match="17 characters"):
        _parse("type X = integer\n")


def test_a_file_that_parses_is_not_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is in it."""

    def parse(text: str) -> tuple[ast.Module, str]:
        raise AssertionError(text)

    monkeypatch.setattr(softening, "parse", parse)
    assert _reading.extract(b"x = f'{y}'\nclass A: pass\n").facts


@pytest.mark.parametrize("error", [SyntaxError, RecursionError, MemoryError])
def test_if_rewriting_does_not_help_the_first_error_stands(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is about what the authors wrote."""

    def parse(_: str) -> tuple[ast.Module, str]:
        raise error

    monkeypatch.setattr(softening, "parse", parse)
    result = _reading.extract(b"x = 1\nx = )\n")
    assert (result.line, result.problem) == (2, "left out; Python says: unmatched ')'")


APP = """\
import time
from fastapi import FastAPI

app = FastAPI()
type Names = dict[str, str]


class Box[T]:
    def __init__(self, value: T) -> None: self.value = value

    def wait(self) -> str:
        return f"{self.value["a"]}é---é{time.sleep(1)}"


def first[T](box: Box[T]) -> str:
    try:
        return box.wait()
    except KeyError, ValueError: return time.sleep(2)


@app.get("/")
async def view(names: Names) -> str:
    return first(Box(names))


@app.get("/quiet")
async def quiet(names: Names) -> str:
    return f"{names["é"]} {"é"}" + time.sleep(3)  # fastapi-convert: ignore we like it
"""


@pytest.mark.parametrize("processes", [1, 2])
def test_a_newer_file_is_scanned_like_any_other(processes: int, tmp_path: Path) -> None:
    """Its findings have the lines and columns of the file, and there is no warning."""
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    (tmp_path / "other.py").write_text("type X = int\n")
    report = scan([tmp_path], Settings(cache=False, processes=processes))
    assert report.warnings == ()
    found = [(each.async_function.name, each.blocking.line, each.blocking.column) for each in report.findings]
    assert found == [("view", 12, 41), ("view", 18, 41)]


_EXPRESSIONS = ["~", "~.x", "~(~)", "'é'", '~["k"]', "~['k']", "(lambda: ~)", "({'a': ~}['a'])", "~[1:~]", "'' 'b'"]
_TEXTS = ["é ", "{{", "}}", "# ", "' ", '" ', "\\\n", "\n", "\\N{BULLET}", "[", "\\' "]
_HOW = ["", "=", " = ", "!r", ":>3", ":{~}", "!s:{~:{~}}{~}", "=!a:é"]
_STATEMENTS = [
    "é = $",
    "$",
    "type X = $",
    "type X[T, *Ts] = $; $",
    "if $: type Y = $",
    "def f[T](x=$): $",
    "class A[\n T: int, # é\n\n **P\n](é=$):\n  @$\n  async def f[T](): type X = ~",
    "try: $\nexcept ~, ~.é: $\nexcept ~,: # é, :\n  $",
    "lazy import é; $",
    "for x in $, ~: pass",
]


def _strings(expressions: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    before, behind = st.sampled_from(["", " ", "\n", "  # é {'\"\n"]), st.sampled_from(["", " ", " # '}\n"])
    fields = st.builds("{{{}{}{}{}}}".format, before, expressions, behind, st.sampled_from(_HOW))
    texts = st.lists(fields | st.sampled_from(_TEXTS), max_size=4).map("".join)
    prefix, quote = st.sampled_from(["f", "F", "rf"]), st.sampled_from(['"""', "'''"])
    return st.builds("{0}{1}{2}{1}".format, prefix, quote, texts)


def _composed(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    strings = _strings(inner)
    return strings | st.builds("({} # é\n{})".format, strings, strings) | st.builds("{} + {}".format, inner, inner)


PROGRAMS = st.lists(
    st.builds(
        str.replace, st.sampled_from(_STATEMENTS), st.just("$"), st.recursive(st.sampled_from(_EXPRESSIONS), _composed)
    ),
    max_size=5,
).map("\n".join)


@given(PROGRAMS)
def test_programs_of_newer_syntax_are_read_and_nothing_moves(program: str) -> None:
    """Every name is at its line and column."""
    numbers = count()
    text = re.sub("~", lambda _: f"é{next(numbers)}", program)
    _, softer = softening.parse(text)
    assert softer.count("\n") == text.count("\n")
    assert _misplaced(text) == []


_PIECES = [
    "f'",
    'f"',
    "'",
    '"',
    "{",
    "}",
    "!",
    "!r",
    ":",
    "=",
    "\n",
    "\\",
    "#",
    "t'''",
    "'''",
    "[",
    "]",
    "(",
    ")",
    ",",
    "x",
]
_WORDS = [
    " ",
    "type ",
    "type X",
    "def f",
    "class A[",
    "except ",
    "try: 1\n",
    "lazy ",
    "import x",
    "yield ",
    "as ",
    "*",
    ";",
]


@given(st.lists(st.sampled_from(_PIECES + _WORDS), max_size=30).map("".join))
def test_random_pieces_are_read_or_a_syntax_error(text: str) -> None:
    """Never another error, and never another number of lines."""
    try:
        _, softer = softening.parse(text)
    except SyntaxError:
        return
    assert softer.count("\n") == text.count("\n")
