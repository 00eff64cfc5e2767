"""Other programs: starting them, waiting for them, and the tools that are programs underneath."""

from __future__ import annotations

from ._categories import FILES, HTTP, METADATA, SDK, SLEEP, SUBPROCESS, WAITING
from ._grouping import calls
from ._model import Blocking, Unless

__all__ = ("ROWS",)

_EXEC = "asyncio.create_subprocess_exec"
_SHELL = "asyncio.create_subprocess_shell"
_NOT_THE_SAME = (
    "`anyio.run_process` is nearer to `subprocess.run`: it checks the exit code and kills the process when cancelled. "
    "Neither knows `text=` or `timeout=`."
)
_UNTIL_IT_WRITES = "Waits until the program writes something, or ends."
_NO_HANG = 1  # os.WNOHANG
_NO_INTERVAL = (Unless("interval", None, 0, default=True), Unless("interval", 0, 0))
_INTERVAL = "It sleeps for the interval. Without one it tells what was used since it was last called."

_SUBPROCESS = (
    *calls(
        "subprocess",
        "run call check_call check_output",
        _EXEC,
        category=SUBPROCESS,
        arguments='["x"]',
        note=_NOT_THE_SAME,
    ),
    *calls("subprocess", "getoutput getstatusoutput", _SHELL, category=SUBPROCESS, arguments='"x"'),
    *calls(
        "subprocess",
        "Popen",
        _EXEC,
        category=SUBPROCESS,
        arguments='["x"]',
        note="Waits until the child has begun to execute the program, or has failed to.",
    ),
    *calls(
        "subprocess.Popen",
        "wait",
        "asyncio.subprocess.Process.*",
        category=SUBPROCESS,
        construct='subprocess.Popen(["x"])',
        unless=(Unless("timeout", 0, 0),),
    ),
    *calls(
        "subprocess.Popen",
        "communicate",
        "asyncio.subprocess.Process.*",
        category=SUBPROCESS,
        construct='subprocess.Popen(["x"])',
    ),
    *(
        row
        for pipe in ("stdout", "stderr")
        for names, replacement, note in (
            ("read readline", "asyncio.StreamReader.*", _UNTIL_IT_WRITES),
            ("readlines", "asyncio.StreamReader.read", _UNTIL_IT_WRITES),
            ("__iter__", "asyncio.StreamReader", "`async for line in process.stdout`."),
        )
        for row in calls(
            f"subprocess.Popen.{pipe}",
            names,
            replacement,
            category=SUBPROCESS,
            construct=f'subprocess.Popen(["x"]).{pipe}',
            note=note,
        )
    ),
)

_OS = (
    *calls("os", "system popen", _SHELL, category=SUBPROCESS, arguments='"x"'),
    *calls("os", "posix_spawn posix_spawnp", _EXEC, category=SUBPROCESS, arguments='"x", ["x"], {}'),
    *calls("os", "spawnl spawnlp", _EXEC, category=SUBPROCESS, arguments='os.P_WAIT, "x", "x"'),
    *calls("os", "spawnle spawnlpe", _EXEC, category=SUBPROCESS, arguments='os.P_WAIT, "x", "x", {}'),
    *calls("os", "spawnv spawnvp", _EXEC, category=SUBPROCESS, arguments='os.P_WAIT, "x", ["x"]'),
    *calls("os", "spawnve spawnvpe", _EXEC, category=SUBPROCESS, arguments='os.P_WAIT, "x", ["x"], {}'),
    *calls("os", "wait", "asyncio.subprocess.Process.wait", category=SUBPROCESS),
    *calls(
        "os",
        "waitpid wait4",
        "asyncio.subprocess.Process.wait",
        category=SUBPROCESS,
        arguments="1, 0",
        unless=(Unless("options", _NO_HANG, 1),),
    ),
    *calls(
        "os",
        "wait3",
        "asyncio.subprocess.Process.wait",
        category=SUBPROCESS,
        arguments="0",
        unless=(Unless("options", _NO_HANG, 0),),
    ),
    *calls("os", "waitid", "asyncio.subprocess.Process.wait", category=SUBPROCESS, arguments="os.P_ALL, 0, os.WEXITED"),
    *calls("pty", "spawn", _EXEC, category=SUBPROCESS, arguments='"x"'),
    *calls(
        "fcntl",
        "flock lockf",
        category=WAITING,
        level="warn",
        arguments="1, fcntl.LOCK_EX",
        note="With `LOCK_NB` it fails instead of waiting.",
    ),
    *calls(
        "psutil.Process", "wait", category=SUBPROCESS, construct="psutil.Process(1)", unless=(Unless("timeout", 0, 0),)
    ),
    *calls("psutil", "wait_procs", category=SUBPROCESS, arguments="[]", unless=(Unless("timeout", 0, 1),)),
    *calls(
        "psutil",
        "cpu_percent cpu_times_percent",
        "asyncio.sleep",
        category=SLEEP,
        level="warn",
        arguments="1",
        unless=_NO_INTERVAL,
        note=_INTERVAL,
    ),
    *calls(
        "psutil.Process",
        "cpu_percent",
        "asyncio.sleep",
        category=SLEEP,
        level="warn",
        construct="psutil.Process(1)",
        arguments="1",
        unless=_NO_INTERVAL,
        note=_INTERVAL,
    ),
    *calls(
        "psutil",
        "net_connections",
        category=METADATA,
        level="warn",
        note="Reads a file or more for every process there is.",
    ),
)

_GIT = (
    *calls(
        "git.Repo",
        "clone_from",
        category=SUBPROCESS,
        arguments='"x", "y"',
        note="GitPython runs the program `git` for nearly everything.",
    ),
    *calls("git.Repo", "clone", category=SUBPROCESS, construct='git.Repo("x")', arguments='"y"'),
    *calls("git.Repo", "init", category=SUBPROCESS, arguments='"x"'),
    *calls(
        "git", "Repo", category=FILES, level="warn", arguments='"x"', note="Reads the configuration of the repository."
    ),
    *calls(
        "git.Repo",
        "is_dirty iter_commits blame create_head create_tag delete_head merge_base archive",
        category=SUBPROCESS,
        construct='git.Repo("x")',
    ),
    *calls("git.Git", "*", category=SUBPROCESS, construct='git.Repo("x").git'),
    *calls("git.Remote", "fetch pull push update", category=SUBPROCESS, construct='git.Repo("x").remote()'),
    *calls(
        "git.IndexFile", "add commit remove move reset checkout", category=SUBPROCESS, construct='git.Repo("x").index'
    ),
)

_CLIENT = "docker.from_env()"
_CONTAINERS = "docker.models.containers"
_DOCKER = (
    *calls(
        "docker",
        "from_env DockerClient",
        category=SDK,
        note="Asks the daemon for its version unless `version` is given. `aiodocker` is a client for the same API.",
    ),
    *calls(
        "docker.DockerClient",
        "ping info version df events login services.create services.list services.get swarm.init swarm.join "
        "swarm.leave swarm.reload",
        category=SDK,
        construct=_CLIENT,
    ),
    *calls("docker.APIClient", "*", category=SDK, construct="docker.APIClient()"),
    *calls(
        f"{_CONTAINERS}.ContainerCollection",
        "run create get list prune",
        category=SDK,
        construct=f"{_CLIENT}.containers",
        arguments='"x"',
    ),
    *calls(
        f"{_CONTAINERS}.Container",
        "start stop restart kill pause unpause remove wait logs stats exec_run attach commit reload top get_archive "
        "put_archive update rename export",
        category=SDK,
        construct=f'{_CLIENT}.containers.get("x")',
    ),
    *calls(
        "docker.models.images.ImageCollection",
        "build get list pull push load remove prune search",
        category=SDK,
        construct=f"{_CLIENT}.images",
        arguments='"x"',
    ),
    *calls(
        "docker.models.networks.NetworkCollection",
        "create get list prune",
        category=SDK,
        construct=f"{_CLIENT}.networks",
        arguments='"x"',
    ),
    *calls(
        "docker.models.volumes.VolumeCollection",
        "create get list prune",
        category=SDK,
        construct=f"{_CLIENT}.volumes",
        arguments='"x"',
    ),
)

_PROGRAMS = (
    *calls(
        "pytesseract",
        "image_to_string image_to_data image_to_boxes image_to_osd image_to_pdf_or_hocr image_to_alto_xml",
        category=SUBPROCESS,
        arguments='"x"',
        note="Runs the program `tesseract` once for every picture.",
    ),
    *calls("pypandoc", "convert_text convert_file", category=SUBPROCESS, arguments='"x", "docx"'),
    *calls("pypandoc", "get_pandoc_version get_pandoc_formats", category=SUBPROCESS, level="warn"),
    *calls("pdf2image", "convert_from_path convert_from_bytes pdfinfo_from_path", category=SUBPROCESS, arguments='"x"'),
    *calls("pdfkit", "from_string from_file", category=SUBPROCESS, arguments='"x", "y"'),
    *calls("pdfkit", "from_url", category=HTTP, arguments='"x", "y"'),
    *calls("ffmpeg", "run probe", category=SUBPROCESS, arguments='"x"'),
    *calls("ffmpeg.nodes.OutputStream", "run", category=SUBPROCESS, construct='ffmpeg.input("x").output("y")'),
)

ROWS: tuple[Blocking, ...] = (*_SUBPROCESS, *_OS, *_GIT, *_DOCKER, *_PROGRAMS)
