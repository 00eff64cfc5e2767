"""Documents, pictures, sound and films."""

from __future__ import annotations

from ._categories import CPU, FILES, HTTP, INPUT, SUBPROCESS
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_PURE_PYTHON = "All of it is Python: threads would take turns with the loop."
_NOT_THREADS = "Not safe on several threads at once: a process, or one thread of its own."
_DECODES = "It lets go of the GIL: a thread does. `Image.open` has read only the header until then."

_OFFICE = (
    *calls("openpyxl", "load_workbook", "ProcessPool", category=CPU, arguments='"x"', note=_PURE_PYTHON),
    *calls(
        "openpyxl.Workbook",
        "save",
        "ProcessPool",
        category=CPU,
        construct="openpyxl.Workbook()",
        arguments='"x"',
        note=_PURE_PYTHON,
    ),
    *calls(
        "xlsxwriter.Workbook",
        "close",
        "ProcessPool",
        category=CPU,
        construct='xlsxwriter.Workbook("x")',
        note=_PURE_PYTHON,
    ),
    *calls("xlrd", "open_workbook", "ProcessPool", category=CPU, arguments='"x"', note=_PURE_PYTHON),
    *calls(
        "docx", "Document", "ProcessPool", category=CPU, arguments='"x"', note="Without a path it reads its template."
    ),
    *calls("docx.document.Document", "save", "ProcessPool", category=CPU, construct="docx.Document()", arguments='"x"'),
    *calls("docxtpl", "DocxTemplate", category=FILES, level="warn", arguments='"x"'),
    *calls(
        "docxtpl.DocxTemplate",
        "render save",
        "ProcessPool",
        category=CPU,
        construct='docxtpl.DocxTemplate("x")',
        arguments="{}",
    ),
    *calls(
        "pptx",
        "Presentation",
        "ProcessPool",
        category=CPU,
        arguments='"x"',
        note="Without a path it reads its template.",
    ),
    *calls(
        "pptx.presentation.Presentation",
        "save",
        "ProcessPool",
        category=CPU,
        construct="pptx.Presentation()",
        arguments='"x"',
    ),
)

_PDF = (
    *calls("pypdf", "PdfReader", "ProcessPool", category=CPU, arguments='"x"', note=_PURE_PYTHON),
    *calls(
        "pypdf.PageObject",
        "extract_text",
        "ProcessPool",
        category=CPU,
        construct='pypdf.PdfReader("x").pages[0]',
        note=_PURE_PYTHON,
    ),
    *calls(
        "pypdf.PdfWriter", "write append", "ProcessPool", category=CPU, construct="pypdf.PdfWriter()", arguments='"x"'
    ),
    *calls(
        "PyPDF2", "PdfReader", "ProcessPool", category=CPU, arguments='"x"', note="`pypdf` is its maintained successor."
    ),
    *calls(
        "PyPDF2.PageObject", "extract_text", "ProcessPool", category=CPU, construct='PyPDF2.PdfReader("x").pages[0]'
    ),
    *calls("PyPDF2.PdfWriter", "write", "ProcessPool", category=CPU, construct="PyPDF2.PdfWriter()", arguments='"x"'),
    *calls("pdfplumber", "open", "ProcessPool", category=CPU, arguments='"x"', note=_PURE_PYTHON),
    *calls(
        "pdfplumber.page.Page",
        "extract_text extract_words extract_table extract_tables to_image",
        "ProcessPool",
        category=CPU,
        construct='pdfplumber.open("x").pages[0]',
    ),
    *calls(
        "pdfminer.high_level",
        "extract_text extract_pages",
        "ProcessPool",
        category=CPU,
        arguments='"x"',
        note=_PURE_PYTHON,
    ),
    *calls("pymupdf", "open", category=FILES, arguments='"x"', note=_NOT_THREADS),
    *calls(
        "pymupdf.Page", "get_text get_pixmap find_tables", "ProcessPool", category=CPU, construct='pymupdf.open("x")[0]'
    ),
    *calls(
        "pymupdf.Document",
        "save ez_save tobytes",
        "ProcessPool",
        category=CPU,
        construct='pymupdf.open("x")',
        arguments='"y"',
    ),
    *calls(
        "reportlab.pdfgen.canvas.Canvas",
        "save",
        "ProcessPool",
        category=CPU,
        construct='reportlab.pdfgen.canvas.Canvas("x")',
    ),
    *calls(
        "reportlab.platypus.SimpleDocTemplate",
        "build multiBuild",
        "ProcessPool",
        category=CPU,
        construct='reportlab.platypus.SimpleDocTemplate("x")',
        arguments="[]",
    ),
    *calls("fpdf.FPDF", "output", "ProcessPool", category=CPU, construct="fpdf.FPDF()", arguments='"x"'),
    *calls(
        "weasyprint.HTML",
        "write_pdf render",
        "ProcessPool",
        category=CPU,
        construct='weasyprint.HTML("x")',
        note="Lays out the document, and fetches the pictures and styles that it names.",
    ),
    *calls(
        "md2pdf.core",
        "md2pdf",
        "ProcessPool",
        category=CPU,
        arguments='"x"',
        note="Renders with WeasyPrint, which is all Python, and writes the file.",
    ),
    *calls("xhtml2pdf.pisa", "CreatePDF", "ProcessPool", category=CPU, arguments='"x", y', note=_PURE_PYTHON),
    *calls("camelot", "read_pdf", "ProcessPool", category=CPU, arguments='"x"', note=_PURE_PYTHON),
    *calls("tabula", "read_pdf convert_into", category=SUBPROCESS, arguments='"x"', note="Runs Java."),
    *calls("docx2txt", "process", "ProcessPool", category=CPU, arguments='"x"', note=_PURE_PYTHON),
    *calls("docx2pdf", "convert", category=SUBPROCESS, arguments='"x"'),
    *calls(
        "mammoth", "convert_to_html convert_to_markdown extract_raw_text", "ProcessPool", category=CPU, arguments="x"
    ),
    *calls("qrcode", "make", "ProcessPool", category=CPU, level="warn", arguments='"x"', note=_PURE_PYTHON),
    *calls("qrcode.QRCode", "make make_image", "ProcessPool", category=CPU, level="warn", construct="qrcode.QRCode()"),
)

_IMAGE = 'PIL.Image.open("x")'
_PILLOW = (
    *calls("PIL.Image", "open", category=FILES, arguments='"x"', note="Opens the file and reads its header."),
    *calls("PIL.Image.Image", "save", category=CPU, construct=_IMAGE, arguments='"y"', note=_DECODES),
    *calls("PIL.Image.Image", "load verify", category=CPU, construct=_IMAGE, note=_DECODES),
    *calls("PIL.Image.Image", "show", category=SUBPROCESS, construct=_IMAGE),
    *calls(
        "PIL.Image.Image",
        "resize thumbnail convert rotate filter transform transpose quantize reduce alpha_composite",
        category=CPU,
        level="warn",
        construct=_IMAGE,
        arguments="x",
        note=_DECODES,
    ),
    *calls(
        "PIL.ImageOps",
        "autocontrast contain cover equalize exif_transpose fit grayscale pad scale",
        category=CPU,
        level="warn",
        arguments="x",
        note=_DECODES,
    ),
    *calls("imageio", "imread mimread get_reader", category=CPU, arguments='"x"'),
    *calls("imageio", "imwrite mimwrite mimsave", category=CPU, arguments='"x", []'),
    *calls("imageio.v2", "imread mimread get_reader", category=CPU, arguments='"x"'),
    *calls("imageio.v2", "imwrite mimwrite mimsave", category=CPU, arguments='"x", []'),
    *calls("imageio.v3", "imread imiter improps immeta", category=CPU, arguments='"x"'),
    *calls("imageio.v3", "imwrite", category=CPU, arguments='"x", []'),
)

_OPENCV = (
    *calls("cv2", "imread imdecode", category=CPU, arguments='"x"'),
    *calls("cv2", "imwrite imencode", category=CPU, arguments='"x", []'),
    *calls(
        "cv2",
        "resize cvtColor GaussianBlur medianBlur bilateralFilter warpAffine warpPerspective Canny findContours",
        category=CPU,
        level="warn",
        arguments="x",
        note="It lets go of the GIL: a thread does.",
    ),
    *calls("cv2", "matchTemplate fastNlMeansDenoising fastNlMeansDenoisingColored", category=CPU, arguments="x"),
    *calls(
        "cv2",
        "VideoCapture",
        category=FILES,
        arguments='"x"',
        note="Opens a file, a camera or a stream of the network.",
    ),
    *calls("cv2.VideoCapture", "open", category=FILES, construct='cv2.VideoCapture("x")', arguments='"y"'),
    *calls(
        "cv2.VideoCapture",
        "read grab",
        category=FILES,
        construct='cv2.VideoCapture("x")',
        note="A camera waits for the next frame.",
    ),
    *calls("cv2.VideoCapture", "retrieve", category=CPU, construct='cv2.VideoCapture("x")'),
    *calls("cv2.VideoWriter", "write", category=CPU, construct="cv2.VideoWriter()", arguments="x"),
    *calls("cv2", "waitKey", category=INPUT, arguments="0"),
    *calls("cv2.dnn", "readNet readNetFromONNX readNetFromTensorflow", category=FILES, arguments='"x"'),
    *calls("cv2.dnn.Net", "forward", category=CPU, construct='cv2.dnn.readNet("x")'),
)

_FIGURE = "matplotlib.pyplot.figure()"
_CHARTS = (
    *calls("matplotlib.pyplot", "savefig imread", "ProcessPool", category=CPU, arguments='"x"', note=_NOT_THREADS),
    *calls("matplotlib.pyplot", "imsave", "ProcessPool", category=CPU, arguments='"x", []'),
    *calls("matplotlib.pyplot", "show", category=INPUT),
    *calls("matplotlib.pyplot", "subplots figure", "ProcessPool", category=CPU, level="all", note=_NOT_THREADS),
    *calls(
        "matplotlib.figure.Figure",
        "savefig",
        "ProcessPool",
        category=CPU,
        construct=_FIGURE,
        arguments='"x"',
        note=_NOT_THREADS,
    ),
    *calls(
        "plotly.io",
        "write_image to_image",
        category=SUBPROCESS,
        arguments='x, "y"',
        note="Draws in a browser of its own.",
    ),
)

_SOUND_AND_FILMS = (
    *calls(
        "pydub.AudioSegment",
        "from_file from_mp3 from_ogg from_wav from_flv",
        category=SUBPROCESS,
        arguments='"x"',
        note="Runs `ffmpeg` for all but WAV.",
    ),
    *calls(
        "pydub.AudioSegment",
        "export",
        category=SUBPROCESS,
        construct='pydub.AudioSegment.from_file("x")',
        arguments='"y"',
    ),
    *calls("moviepy", "VideoFileClip AudioFileClip", category=SUBPROCESS, arguments='"x"', note="Runs `ffmpeg`."),
    *calls(
        "moviepy.VideoClip",
        "write_videofile write_gif",
        category=SUBPROCESS,
        construct='moviepy.VideoFileClip("x")',
        arguments='"y"',
        note="Minutes: a job rather than a request.",
    ),
    *calls(
        "moviepy.AudioClip",
        "write_audiofile",
        category=SUBPROCESS,
        construct='moviepy.AudioFileClip("x")',
        arguments='"y"',
    ),
    *calls("soundfile", "read", category=FILES, arguments='"x"'),
    *calls("soundfile", "write", category=FILES, arguments='"x", [], 44100'),
    *calls("librosa", "load", category=CPU, arguments='"x"'),
    *calls("gtts.gTTS", "save", category=HTTP, construct='gtts.gTTS("x")', arguments='"y"'),
    *calls("gtts.gTTS", "write_to_fp", category=HTTP, construct='gtts.gTTS("x")', arguments="y"),
)

ROWS: tuple[Blocking, ...] = (*_OFFICE, *_PDF, *_PILLOW, *_OPENCV, *_CHARTS, *_SOUND_AND_FILMS)
