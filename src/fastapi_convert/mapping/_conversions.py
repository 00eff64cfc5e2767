"""What turns documents into text, text into documents, and either into pictures."""

from __future__ import annotations

from ._categories import CPU, FILES, HTTP, SUBPROCESS
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_C_CODE = "It lets go of the GIL now and then only: a process."
_PIKE = 'pikepdf.open("x")'

_TO_TEXT = (
    *calls(
        "markitdown.MarkItDown",
        "convert convert_local convert_stream convert_response convert_uri convert_url",
        "ProcessPool",
        category=CPU,
        construct="markitdown.MarkItDown()",
        arguments='"x"',
        note="Given an address it downloads first.",
    ),
    *calls("pymupdf4llm", "to_markdown to_json to_text", "ProcessPool", category=CPU, arguments='"x"', note=_C_CODE),
    *calls("ocrmypdf", "ocr", category=SUBPROCESS, arguments='"x", "y"', note="Minutes: a job rather than a request."),
    *calls("textract", "process", category=SUBPROCESS, arguments='"x"'),
    *calls("tika.parser", "from_file from_buffer", category=HTTP, arguments='"x"', note="Starts a server in Java."),
    *calls("ebooklib.epub", "read_epub", "ProcessPool", category=CPU, arguments='"x"'),
    *calls("pyzbar.pyzbar", "decode", category=CPU, level="warn", arguments="x"),
)

_PAGES = (
    *calls(
        "pikepdf",
        "open",
        category=FILES,
        level="warn",
        arguments='"x"',
        note="Reads its pages when they are asked for.",
    ),
    *calls("pikepdf.Pdf", "open", category=FILES, level="warn", construct="pikepdf.Pdf", arguments='"x"'),
    *calls("pikepdf.Pdf", "save", "ProcessPool", category=CPU, construct=_PIKE, arguments='"y"'),
    *calls("pypdfium2", "PdfDocument", category=FILES, level="warn", arguments='"x"'),
    *calls("img2pdf", "convert", "ProcessPool", category=CPU, arguments='"x"'),
    *calls("ebooklib.epub", "write_epub", "ProcessPool", category=CPU, arguments='"x", book'),
)

_PICTURES = (
    *calls("imgkit", "from_url from_file from_string", category=SUBPROCESS, arguments='"x", "y"'),
    *calls("cairosvg", "svg2png svg2pdf svg2ps", "ProcessPool", category=CPU, arguments='"x"'),
    *(
        row
        for kind in ("Digraph", "Graph", "Source")
        for row in calls(
            f"graphviz.{kind}",
            "render pipe view",
            category=SUBPROCESS,
            construct=f'graphviz.{kind}("x")',
            note="Runs the program `dot`.",
        )
    ),
    *calls(
        "wordcloud.WordCloud",
        "generate generate_from_text generate_from_frequencies",
        "ProcessPool",
        category=CPU,
        construct="wordcloud.WordCloud()",
        arguments='"x"',
    ),
    *calls(
        "qrcode.image.base.BaseImage", "save", category=CPU, level="warn", construct='qrcode.make("x")', arguments="y"
    ),
)

_SOUND = (
    *calls("wave", "open", category=FILES, arguments='"x"'),
    *calls("torchaudio", "load", category=FILES, arguments='"x"'),
    *calls("torchaudio", "save", category=FILES, arguments='"x", x, 1'),
    *calls("soundfile", "SoundFile", category=FILES, arguments='"x"'),
    *calls("librosa", "resample", "ProcessPool", category=CPU, arguments="x"),
    *calls("librosa.feature", "*", "ProcessPool", category=CPU, level="warn"),
    *calls("librosa.effects", "*", "ProcessPool", category=CPU, level="warn", arguments="x"),
    *calls("noisereduce", "reduce_noise", "ProcessPool", category=CPU, arguments="x, 1"),
    *calls("edge_tts.Communicate", "save_sync stream_sync", category=HTTP, construct='edge_tts.Communicate("x")'),
)

ROWS: tuple[Blocking, ...] = (*_TO_TEXT, *_PAGES, *_PICTURES, *_SOUND)
