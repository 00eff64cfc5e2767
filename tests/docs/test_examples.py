"""The documentation cannot lie about code: every Python block and every docstring example runs.

A page's blocks run from top to bottom in one namespace, as a reader would type them. Blocks of a page may hide their
set-up in `<!--- invisible-code-block: python ... -->`. There is no way to leave a block out.
"""

from pathlib import Path

import pytest
from sybil import Sybil
from sybil.document import PythonDocStringDocument
from sybil.parsers.markdown import PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MODULES = sorted((ROOT / "src").rglob("*.py"))
PAGE_EXAMPLES = Sybil([PythonCodeBlockParser()])
DOCSTRING_EXAMPLES = Sybil([DocTestParser(), PythonCodeBlockParser()], document_types={".py": PythonDocStringDocument})


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _run(path: Path) -> int:
    kind = DOCSTRING_EXAMPLES if path.suffix == ".py" else PAGE_EXAMPLES
    examples = list(kind.parse(path).examples())
    for example in examples:
        example.evaluate()
    return len(examples)


@pytest.mark.parametrize("path", [pytest.param(path, id=_name(path)) for path in [*PAGES, *MODULES]])
def test_every_example_of_a_page_or_module_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that an example writes go to a folder of its own."""
    monkeypatch.chdir(tmp_path)
    _run(path)


@pytest.mark.parametrize(
    "text",
    [
        "```python\nassert 1 == 2\n```\n",
        "```python\n>>> 1 + 1\n3\n```\n",
        "<!--- invisible-code-block: python\nassert 1 == 2\n-->\n",
        "```python\nimport anyio\n\nasync def main() -> None:\n    assert 1 == 2\n\nanyio.run(main)\n```\n",
    ],
    ids=["plain", "prompt", "invisible", "async"],
)
def test_a_wrong_block_of_a_page_fails(tmp_path: Path, text: str) -> None:
    """Each form that a page may use is really run."""
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(AssertionError):
        _run(page)


def test_a_wrong_docstring_example_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples in docstrings are checked against the output that they show."""
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "a_module_with_a_wrong_example.py"
    module.write_text('def f():\n    """F.\n\n    Example:\n        >>> 1 + 1\n        3\n    """\n')
    with pytest.raises(AssertionError, match="Expected"):
        _run(module)


def test_blocks_see_what_stands_above_them(tmp_path: Path) -> None:
    """A page is one story, and its blocks are counted."""
    page = tmp_path / "page.md"
    page.write_text("```python\nx = 1\n```\ntext\n```python\nassert x == 1\n```\n```bash\nexit 1\n```\n")
    assert _run(page) == 2
