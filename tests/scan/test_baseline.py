"""The baseline: known findings are silent, new ones are not, and the file is one that a team can keep."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from fastapi_convert.scan import _files
from fastapi_convert.scan._baseline import Baseline
from fastapi_convert.scan._comments import comments_in
from fastapi_convert.scan._selection import select
from fastapi_convert.scan.errors import ScanError
from fastapi_convert.scan.findings import Finding
from fastapi_convert.scan.settings import Settings
from tests.scan.handmade import direct, finding


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the baseline of a project is."""
    return tmp_path / "blocking.json"


def write(path: Path, *findings: Finding, root: Path | None = None) -> Baseline:
    """Write a baseline, and read it again."""
    root = root or path.parent
    Baseline.empty(path, root).updated(findings).write()
    return Baseline.load(path, root)


def new(baseline: Baseline, *findings: Finding) -> list[int]:
    """The lines of what is reported in spite of it."""
    return [each.blocking.line for each in select(findings, {}, Settings(), baseline).findings]


def test_known_findings_are_not_reported_wherever_they_move(path: Path) -> None:
    """They are counted as hidden."""
    baseline = write(path, direct(12), direct(3, path="b.py"))
    assert new(baseline, direct(112), direct(4, path="b.py")) == []
    assert select([direct(112)], {}, Settings(), baseline).suppressed == 1


def test_a_scan_of_one_file_leaves_what_is_known_of_its_neighbours(tmp_path: Path, path: Path) -> None:
    """Neither is it stale, nor is it lost when the file is written anew; of a folder that is named, it is."""
    folder = tmp_path / "app"
    folder.mkdir()
    for name in ("a.py", "b.py"):
        (folder / name).touch()
    write(path, direct(1, path="app/a.py"), direct(2, path="app/b.py"))
    one = Baseline.load(path, folder, [folder / "a.py"])
    assert [warned.message[:27] for warned in one.stale([])] == ["1 of the known findings no "]
    one.updated([]).write()
    assert [name.split("::")[1] for name in Baseline.load(path, folder).counts] == ["app/b.py"]
    Baseline.load(path, folder, [folder]).updated([]).write()
    assert Baseline.load(path, folder).counts == {}


def test_what_is_new_is_reported(path: Path) -> None:
    """Another function, another code, another call, or one more of the same."""
    baseline = write(path, direct(12), direct(13))
    assert new(baseline, direct(12), direct(13), direct(14)) == [14]
    assert new(baseline, direct(1, code="FC103"), direct(2, path="b.py")) == [1, 2]
    assert new(baseline, finding(("app/routes.py", 5, "requests.get"), function="other")) == [5]
    assert new(baseline, finding(("app/routes.py", 5, "requests.post"))) == [5]


def test_what_a_comment_hides_uses_up_no_place_in_the_baseline(path: Path) -> None:
    """The other one of the two is still known."""
    comments = {"app/routes.py": comments_in("x()  # fastapi-convert: ignore\n")}
    assert select([direct(1), direct(2)], comments, Settings(), write(path, direct(2))).findings == ()


def test_entries_that_no_longer_occur_are_told_once(path: Path) -> None:
    """With what to do. A finding that the settings leave out does occur."""
    baseline = write(path, direct(1), direct(2), direct(3, path="b.py"))
    said = select([direct(9, level="all")], {}, Settings(), baseline)
    (warned,) = said.warnings
    assert (warned.path, warned.line) == ("blocking.json", 0)
    assert warned.message.startswith("2 of the known findings no longer occur, such as FC102::app/routes.py::view::")
    assert "--update-baseline" in warned.message


def test_the_file_is_sorted_and_has_a_line_for_each_finding(path: Path) -> None:
    """Whatever the order of the findings: it lies in a repository, and people review it."""
    write(path, direct(1), direct(3, path="b.py"), direct(2))
    text = path.read_text()
    write(path, direct(3, path="b.py"), direct(2), direct(1))
    assert path.read_text() == text
    assert text == (
        '{\n  "version": 1,\n  "findings": {\n'
        '    "FC102::app/routes.py::view::app/routes.py::requests.get": 2,\n'
        '    "FC102::b.py::view::b.py::requests.get": 1\n  }\n}\n'
    )


def test_names_of_any_bytes_survive(path: Path) -> None:
    """Of files that are no UTF-8."""
    odd = direct(1, path=os.fsdecode(b"caf\xe9\n.py"))
    assert new(write(path, odd), odd) == []


def test_one_file_serves_a_scan_of_the_project_and_of_a_part(path: Path) -> None:
    """Paths in it begin at its folder; what lies outside of the part is neither stale nor lost."""
    (path.parent / "app").mkdir()
    (path.parent / "tools").mkdir()
    whole = write(path, direct(1, path="app/a.py"), direct(2, path="tools/b.py"), direct(3, path="application.py"))
    part = Baseline.load(path, path.parent / "app")
    said = select([direct(1, path="a.py")], {}, Settings(), part)
    assert (said.findings, said.warnings) == ((), ())
    (stale,) = part.stale([])
    assert (stale.path, stale.message[:8]) == ("../blocking.json", "1 of the")
    part.updated([]).write()
    assert Baseline.load(path, path.parent).counts == {
        name: count for name, count in whole.counts.items() if "app/a.py" not in name
    }


def test_a_baseline_may_lie_outside_of_what_is_scanned(path: Path, tmp_path: Path) -> None:
    """Then its paths begin at the scanned root."""
    root = tmp_path / "app"
    (tmp_path / "ci").mkdir()
    root.mkdir()
    baseline = write(tmp_path / "ci" / "known.json", direct(1), root=root)
    assert [*baseline.counts] == ["FC102::app/routes.py::view::app/routes.py::requests.get"]
    assert new(baseline, direct(2)) == []


@pytest.mark.parametrize(
    "content,problem",
    [
        (b"", "is no JSON"),
        (b"{", "is no JSON"),
        (b"\xff\xfe\xff", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "is no baseline"),
        (b"{}", "is no baseline"),
        (b'{"version": 1, "findings": []}', "is no baseline"),
        (b'{"version": 2, "findings": {}}', "another version"),
        (b'{"version": 1, "findings": {"a": 0}}', "counts 0"),
        (b'{"version": 1, "findings": {"a": true}}', "counts True"),
        (b'{"version": 1, "findings": {"a": "1"}}', "counts '1'"),
    ],
)
def test_a_broken_baseline_is_told_with_the_cure(path: Path, content: bytes, problem: str) -> None:
    """It must not pass for an empty one, nor for one that knows all."""
    path.write_bytes(content)
    with pytest.raises(ScanError, match=problem) as caught:
        Baseline.load(path, path.parent)
    assert "--update-baseline" in str(caught.value)


def test_a_missing_baseline_is_told_with_the_cure(path: Path) -> None:
    """A folder is none either."""
    with pytest.raises(ScanError, match=r"There is no baseline .* make it with --update-baseline"):
        Baseline.load(path, path.parent)
    with pytest.raises(ScanError, match="cannot be read, Is a directory"):
        Baseline.load(path.parent, path.parent)


def test_a_baseline_of_absurd_size_is_not_read(path: Path) -> None:
    """A sparse file costs nothing to make, and all memory to read."""
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(ScanError, match="more than 100000000 bytes"):
        Baseline.load(path, path.parent)


# Writing


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full when the new one is nearly done."""
    write(path, direct(1))
    before = path.read_text()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ScanError, match="cannot be written, No space left on device"):
        write(path, direct(1), direct(2))
    assert path.read_text() == before
    assert os.listdir(path.parent) == ["blocking.json"]  # noqa: PTH208 -- hidden files count


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Its folder does not exist, or it is a folder."""
    with pytest.raises(ScanError, match="cannot be written, No such file"):
        _files.write_file(tmp_path / "no" / "file", "x")
    with pytest.raises(ScanError, match="cannot be written, Is a directory"):
        _files.write_file(tmp_path, "x")


def test_permissions_and_links_stay_as_they_were(path: Path) -> None:
    """A new file has those of the umask: it is for the team."""
    link = path.with_name("link.json")
    link.symlink_to(path.name)
    umask = os.umask(0o027)
    try:
        _files.write_file(link, "one")
    finally:
        os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    _files.write_file(link, "two")
    assert link.is_symlink()
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("two", 0o604)


def test_what_is_no_regular_file_is_written_into(tmp_path: Path) -> None:
    """A device or a pipe is not replaced by a file. (A pipe of our own: a fault here must not cost a real device.)"""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        _files.write_file(pipe, "x")
        assert os.read(reader, 10) == b"x"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_the_content_is_json_of_its_own_version(path: Path) -> None:
    """So that a later format can be told from this one."""
    write(path)
    assert json.loads(path.read_text()) == {"version": 1, "findings": {}}
