"""no_leaks: for each kind of thing, a test that leaves one behind fails and is told what; a clean test passes."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFTEST = """
from tests.support import leaks
from tests.support.leaks import no_leaks, pytest_configure, pytest_pyfunc_call

leaks.GRACE = 0.2
"""
HEADER = """
import asyncio, multiprocessing, os, signal, socket, subprocess, sys, tempfile, threading, time, _thread
import anyio, pytest
KEEP = []
"""
LEAKS = {
    "thread": (
        "def test(): threading.Thread(target=time.sleep, args=(3,), name='straggler', daemon=True).start()",
        "*thread 'straggler' (daemon)*",
    ),
    "raw thread": (
        "def straggle(): time.sleep(3)\ndef test(): _thread.start_new_thread(straggle, ()); time.sleep(0.05)",
        "*thread * in straggle*",
    ),
    "descriptor": (
        "def test(): KEEP.append(os.open('/dev/zero', os.O_RDONLY))",
        "*descriptor * -> /dev/zero*",
    ),
    "socket": (
        "def test(): KEEP.append(socket.socket())",
        "*descriptor * -> socket:*",
    ),
    "child process": (
        "def test(): KEEP.append(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3)']))",
        "*child process *time.sleep(3)*",
    ),
    "grandchild": (
        """
def test():
    KEEP.append(subprocess.Popen(['/bin/sh', '-c', 'sleep 3.25 & exec sleep 3.5']))
    time.sleep(0.1)
""",
        "*child process *sleep 3.25*",
    ),
    "zombie": (
        "def test():\n    pid = os.spawnlp(os.P_NOWAIT, 'true', 'true')\n    time.sleep(0.1)",
        "*child process *zombie*",
    ),
    "temporary file": (
        "def test(): os.close(tempfile.mkstemp(suffix='-forgotten')[0])",
        "*temporary file *-forgotten*",
    ),
    "task": (
        """
async def forgotten(): await asyncio.sleep(3)
@pytest.mark.parametrize('anyio_backend', ['asyncio'])
async def test(anyio_backend): KEEP.append(asyncio.get_running_loop().create_task(forgotten()))
""",
        "*task *forgotten*",
    ),
}
CLEAN = """
def child(): pass

def test_all_kinds_put_away():
    thread = threading.Thread(target=time.sleep, args=(0.01,)); thread.start(); thread.join()
    subprocess.run([sys.executable, '-c', ''], check=True)
    with tempfile.NamedTemporaryFile(), socket.socket(): pass

def test_what_multiprocessing_keeps_is_let_through():
    process = multiprocessing.get_context('forkserver').Process(target=child); process.start(); process.join()
    process.close()

def test_what_is_gone_within_the_grace_period():
    threading.Thread(target=time.sleep, args=(0.05,)).start()

async def test_tasks_that_ended(anyio_backend):
    async with anyio.create_task_group() as tasks: tasks.start_soon(anyio.sleep, 0.01)
    await anyio.to_thread.run_sync(time.sleep, 0.01)
"""


@pytest.fixture
def inner_run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A pytest run of its own that uses the leak fixture."""
    pytester.makeini("[pytest]\nanyio_mode = auto\n")
    pytester.makeconftest(CONFTEST)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return pytester


@pytest.mark.parametrize("kind", LEAKS)
def test_a_test_that_leaves_something_behind_fails_and_is_told_what(inner_run: pytest.Pytester, kind: str) -> None:
    """Each kind is caught without the others' help, and its line says enough to find it."""
    code, told = LEAKS[kind]
    inner_run.makepyfile(HEADER + code)
    result = inner_run.runpytest_subprocess("-p", "no:asyncio")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*the test left behind:*", told])


def test_tests_that_clean_up_pass(inner_run: pytest.Pytester) -> None:
    """Neither what was put away, nor what is kept once per process, nor what ends in time is a leak."""
    inner_run.makepyfile(HEADER + CLEAN)
    inner_run.runpytest_subprocess("-p", "no:asyncio").assert_outcomes(passed=5)


def test_a_run_has_a_folder_of_temporary_files_of_its_own_and_removes_it(inner_run: pytest.Pytester) -> None:
    """Other programs' files are not taken for leaks, and a run leaves nothing behind either."""
    inner_run.makepyfile("import tempfile\ndef test(): print(f'folder <{tempfile.gettempdir()}>')")
    result = inner_run.runpytest_subprocess("-s", "-p", "no:asyncio")
    (folder,) = re.findall(r"folder <(.+)>", result.stdout.str())
    assert Path(folder).name.startswith("fc-")
    assert not Path(folder).exists()
