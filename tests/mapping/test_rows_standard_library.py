"""The standard library, and libraries for files and computing: arguments, base classes and other paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastapi_convert.scan import Settings, scan

_HARMLESS = {
    "lock": ("import threading", "threading.Lock().acquire(blocking=False)"),
    "lock by position": ("import threading", "threading.Lock().acquire(False)"),
    "semaphore": ("import threading", "threading.Semaphore().acquire(timeout=0)"),
    "event": ("import threading", "threading.Event().wait(0)"),
    "thread": ("import threading", "threading.Thread().join(timeout=0)"),
    "queue": ("import queue", "queue.Queue().get(block=False)"),
    "queue by position": ("import queue", "queue.Queue().put(1, False)"),
    "queue without waiting": ("import queue", "queue.Queue().get_nowait()"),
    "process": ("import multiprocessing", "multiprocessing.Process().join(0)"),
    "future": ("import concurrent.futures", "concurrent.futures.Future().result(timeout=0)"),
    "executor": ("import concurrent.futures", "concurrent.futures.ThreadPoolExecutor().shutdown(wait=False)"),
    "scheduler": ("import sched", "sched.scheduler().run(blocking=False)"),
    "select": ("import select", "select.select([], [], [], 0)"),
    "handshake": ("import ssl", "ssl.SSLContext().wrap_socket(x, do_handshake_on_connect=False)"),
    "memory": ("import io", "io.BytesIO().read()"),
    "text in memory": ("import io", "io.StringIO().write('x')"),
    "async future": ("import asyncio", "asyncio.Future().result()"),
    "async queue": ("import asyncio", "asyncio.Queue().get()"),
    "async lock": ("import asyncio", "asyncio.Lock().acquire()"),
    "async path": ("import anyio", "anyio.Path('x').read_text()"),
    "async process": ("import asyncio", "(await asyncio.create_subprocess_exec('x')).wait()"),
    "lazy frame": ("import polars", "polars.scan_csv('x').filter(x)"),
    "no interval": ("import psutil", "psutil.cpu_percent(interval=None)"),
    "no interval by position": ("import psutil", "psutil.Process().cpu_percent(0)"),
    "async upload": ("from starlette.datastructures import UploadFile", "await UploadFile(x).read()"),
    "sync to async": ("import time\nfrom asgiref.sync import sync_to_async", "await sync_to_async(time.sleep)(1)"),
    "wrapped, not called": ("from asgiref.sync import async_to_sync", "async_to_sync(x)"),
    "page of async playwright": (
        "from playwright.async_api import async_playwright",
        "await (await (await async_playwright().start()).chromium.launch()).new_page()",
    ),
    "a glance at the processor": ("import psutil", "psutil.cpu_percent()"),
    "names of paths": ("import pathlib", "pathlib.PurePath('x').with_suffix('.y').parent"),
}

_FOUND = {
    "mode": ("", "open('x', 'rb').read()", "builtins.open"),
    "subclass of a queue": ("import queue", "queue.PriorityQueue().get()", "queue.Queue.get"),
    "subclass of a thread": ("import threading", "threading.Timer(1, x).join()", "threading.Thread.join"),
    "subclass of a lock": (
        "import threading",
        "threading.BoundedSemaphore().acquire()",
        "threading.Semaphore.acquire",
    ),
    "subclass of a client": ("import smtplib", "smtplib.SMTP_SSL().send_message(x)", "smtplib.SMTP.send_message"),
    "subclass of a path": ("import pathlib", "pathlib.PosixPath('x').read_text()", "pathlib.Path.read_text"),
    "joined path": ("from pathlib import Path", "(Path('x') / 'y').write_bytes(b'')", "pathlib.Path.write_bytes"),
    "parent": ("from pathlib import Path", "Path('x').resolve().parent.open()", "pathlib.Path.open"),
    "pool": (
        "from concurrent.futures import ThreadPoolExecutor",
        "ThreadPoolExecutor().submit(x).result()",
        "concurrent.futures.Future.result",
    ),
    "context of processes": (
        "import multiprocessing",
        "multiprocessing.get_context('spawn').Queue().get()",
        "multiprocessing.Queue.get",
    ),
    "chained statement": (
        "import sqlite3",
        "sqlite3.connect('x').execute('y').fetchall()",
        "sqlite3.Cursor.fetchall",
    ),
    "response": ("from urllib.request import urlopen", "urlopen('x').read()", "http.client.HTTPResponse.read"),
    "chained picture": (
        "from PIL import Image",
        "Image.open('x').convert('RGB').save('y')",
        "PIL.Image.Image.save",
    ),
    "old name of pymupdf": ("import fitz", "fitz.open('x')[0].get_text()", "pymupdf.Page.get_text"),
    "old path of moviepy": (
        "from moviepy.editor import VideoFileClip",
        "VideoFileClip('x').subclip(0, 1).write_videofile('y')",
        "moviepy.VideoClip.write_videofile",
    ),
    "long path of openpyxl": (
        "from openpyxl.workbook import Workbook",
        "Workbook().save('x')",
        "openpyxl.Workbook.save",
    ),
    "handler with options": (
        "from passlib.hash import bcrypt",
        "bcrypt.using(rounds=12).hash('x')",
        "passlib.hash.bcrypt.hash",
    ),
    "any command of git": ("import git", "git.Repo('x').git.checkout('y')", "git.Git.checkout"),
    "named remote": ("import git", "git.Repo('x').remotes.origin.pull()", "git.Remote.pull"),
    "container": (
        "import docker",
        "docker.from_env().containers.run('x').logs()",
        "docker.models.containers.Container.logs",
    ),
    "call of an instance": (
        "from transformers import pipeline",
        "pipeline('x')('y')",
        "transformers.Pipeline.__call__",
    ),
    "chained frame": ("import pandas as pd", "pd.read_csv('x').dropna().to_excel('y')", "pandas.DataFrame.to_excel"),
    "file of an upload": (
        "from fastapi import UploadFile",
        "UploadFile(x).file.read()",
        "tempfile.SpooledTemporaryFile.read",
    ),
    "lines of an upload": (
        "from starlette.datastructures import UploadFile",
        "for line in UploadFile(x).file: pass",
        "tempfile.SpooledTemporaryFile.__iter__",
    ),
    "copy of an upload": (
        "import shutil\nfrom fastapi import UploadFile",
        "shutil.copyfileobj(UploadFile(x).file, x)",
        "shutil.copyfileobj",
    ),
    "table in an upload": (
        "import pandas\nfrom fastapi import UploadFile",
        "pandas.read_csv(UploadFile(x).file)",
        "pandas.read_csv",
    ),
    "json in an upload": ("import json\nfrom fastapi import UploadFile", "json.load(UploadFile(x).file)", "json.load"),
    "async to sync": (
        "from asgiref.sync import async_to_sync",
        "async_to_sync(x)(1)",
        "asgiref.sync.AsyncToSync.__call__",
    ),
    "interval": ("from psutil import cpu_percent", "cpu_percent(interval=0.1)", "psutil.cpu_percent"),
    "page of playwright": (
        "from playwright.sync_api import sync_playwright",
        "with sync_playwright() as p: p.chromium.launch().new_context().new_page().get_by_role('button').first.click()",
        "playwright.sync_api.Locator.click",
    ),
    "items of a run": (
        "from apify_client import ApifyClient",
        "ApifyClient('x').run('y').dataset().list_items()",
        "apify_client._resource_clients.dataset.DatasetClient.list_items",
    ),
    "video": (
        "from pytube import YouTube",
        "YouTube('x').streams.filter(progressive=True).order_by('resolution').desc().first().download()",
        "pytube.Stream.download",
    ),
    "lazy frame in the end": ("import polars as pl", "pl.scan_csv('x').head().collect()", "polars.LazyFrame.collect"),
}


def _names(folder: Path, imports: str, call: str) -> set[str]:
    """What a scan of the lowest level finds in an async function with this call alone."""
    (folder / "app.py").write_text(f"{imports}\n\n\nasync def view(x):\n    {call}\n", encoding="utf-8")
    report = scan([folder], Settings(level="all", cache=False, processes=1))
    assert report.warnings == ()
    return {found.blocking.call for found in report.findings}


@pytest.mark.parametrize("imports, call", _HARMLESS.values(), ids=_HARMLESS)
def test_a_call_that_does_not_wait_is_not_reported(imports: str, call: str, tmp_path: Path) -> None:
    """Arguments that keep it from waiting, objects in memory, and asynchronous twins."""
    assert _names(tmp_path, imports, call) == set()


@pytest.mark.parametrize("imports, call, name", _FOUND.values(), ids=_FOUND)
def test_a_row_is_found_through_bases_results_and_other_paths(
    imports: str, call: str, name: str, tmp_path: Path
) -> None:
    """What the stubs are for."""
    assert name in _names(tmp_path, imports, call)
