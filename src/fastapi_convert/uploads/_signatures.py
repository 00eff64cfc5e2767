"""How formats begin: the tables that `_content_types` judges uploads by, as data."""

from __future__ import annotations

import codecs

Table = tuple[tuple[str, bytes], ...]

ANY = "application/octet-stream"
ZIP = "application/zip"
OLE2 = "application/x-ole-storage"
EXCEL = "application/vnd.ms-excel"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODF = "application/vnd.oasis.opendocument."
HTML, SVG, XML = "text/html", "image/svg+xml", "application/xml"
PHP, SHELL = "text/x-php", "text/x-shellscript"

# Patterns for the very beginning; the first that fits wins. Each is longer than a word of text or holds what text never
# does: "BM", "MZ", "PK" and "ID3" begin sentences and tables, and "RIFF or WAVE" is a question.
EXECUTABLES: Table = (
    ("application/x-executable", rb"\x7fELF"),
    ("application/vnd.microsoft.portable-executable", rb"MZ(?:.[\x00\x01]|.{61}\x00)"),
    ("application/x-mach-binary", rb"\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe"),
    # For several processors, at most 44 of them: a Java class begins the same, and has its version there.
    ("application/x-mach-binary", rb"\xca\xfe\xba[\xbe\xbf]\x00\x00\x00[\x01-\x2c]"),
)
BINARY: Table = (
    *EXECUTABLES,
    ("application/x-tar", rb".{257}ustar(?:\x0000|  \x00)"),  # early: it begins with the name of its first entry
    ("image/png", rb"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", rb"\xff\xd8\xff"),
    ("image/gif", rb"GIF8[79]a"),
    ("image/webp", rb"RIFF.{4}WEBPVP8[ LX]"),
    ("image/bmp", rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\x00\x00\x00"),
    ("image/tiff", rb"II[*+]\x00|MM\x00[*+]"),
    ("image/vnd.microsoft.icon", rb"\x00\x00\x01\x00[\x01-\xff]\x00"),
    ("image/avif", rb"\x00\x00..ftyp(?:avi[fs]|(?:mif1|miaf).{4}(?:.{4}){0,12}?avi[fs])"),
    ("image/heic", rb"\x00\x00..ftyp(?:hei[cmsx]|hev[cmsx]|mif1|msf1)"),
    ("audio/mp4", rb"\x00\x00..ftypM4[ABP] "),
    ("video/mp4", rb"\x00\x00..ftyp(?:isom|iso[2-9]|mp4[12]|avc1|dash|cmfc|M4V|MSNV|f4v |3g[p2])"),
    ("video/quicktime", rb"\x00\x00..ftypqt  |\x00.{3}(?:moov|mdat|wide|free|skip)"),
    ("application/pdf", rb"(?:\xef\xbb\xbf)?\s{0,64}%PDF-\d"),
    (ZIP, rb"PK(?:\x03\x04|\x05\x06|\x07\x08)"),
    ("application/gzip", rb"\x1f\x8b\x08"),
    ("application/x-bzip2", rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
    ("application/x-xz", rb"\xfd7zXZ\x00"),
    ("application/zstd", rb"\x28\xb5\x2f\xfd"),
    ("application/x-7z-compressed", rb"7z\xbc\xaf\x27\x1c"),
    ("application/vnd.rar", rb"Rar!\x1a\x07[\x00\x01]"),
    ("application/vnd.apache.parquet", rb"PAR1[\x00-\x08\x0e-\x1f]"),
    ("application/vnd.apache.arrow.file", rb"ARROW1\x00\x00"),
    ("application/vnd.sqlite3", rb"SQLite format 3\x00"),
    ("application/java-vm", rb"\xca\xfe\xba\xbe..\x00[\x2d-\xff]"),
    ("application/wasm", rb"\x00asm"),
    (OLE2, rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("application/rtf", rb"{\\rtf"),
    ("application/postscript", rb"\x04?%!PS|\xc5\xd0\xd3\xc6"),
    ("audio/mpeg", rb"ID3[\x02-\x04].{2}[\x00-\x7f]{4}|\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]"),
    ("application/ogg", rb"OggS\x00"),
    ("audio/flac", rb"fLaC[\x00\x80]"),
    ("audio/wav", rb"(?:RIFF|RF64).{4}WAVE(?:fmt |ds64|bext|fact|JUNK|junk|LIST)"),
    ("video/x-msvideo", rb"RIFF.{4}AVI (?:LIST.{4}hdrl|JUNK)"),
    ("video/webm", rb"\x1a\x45\xdf\xa3.{1,64}?\x42\x82.{1,8}?webm"),
    ("video/x-matroska", rb"\x1a\x45\xdf\xa3"),
    ("font/ttf", rb"(?:\x00\x01\x00\x00|true)\x00[\x01-\x7f]|ttcf\x00"),
    ("font/otf", rb"OTTO\x00"),
    ("font/woff", rb"wOFF(?:\x00\x01\x00\x00|OTTO|true)"),
    ("font/woff2", rb"wOF2(?:\x00\x01\x00\x00|OTTO|true|ttcf)"),
)
ODF_MARK = rb"mimetypeapplication/vnd\.oasis\.opendocument\."
# What follows the header of an entry in a zip: its name, and in the oldest of these formats the content of the first.
ENTRIES: Table = (
    (DOCX, rb"word/"),
    (XLSX, rb"xl/"),
    (PPTX, rb"ppt/"),
    ("application/java-archive", rb"META-INF/MANIFEST\.MF"),
    ("application/epub+zip", rb"mimetypeapplication/epub\+zip"),
    (f"{ODF}text", ODF_MARK + rb"text(?![-a-z])"),
    (f"{ODF}spreadsheet", ODF_MARK + rb"spreadsheet(?![-a-z])"),
    (f"{ODF}presentation", ODF_MARK + rb"presentation(?![-a-z])"),
    (f"{ODF}graphics", ODF_MARK + rb"graphics(?![-a-z])"),
)
# Comments, also as only HTML spells them. All that is skipped is skipped for good: a thousand comments could otherwise
# be divided in every possible way.
COMMENT = rb"<!--(?:-?>|.*?--!?>)"
BEFORE_HTML = rb"(?:\s|" + COMMENT + rb")*+"
BEFORE_XML = rb"(?:\s|" + COMMENT + rb"|<\?xml.*?\?>)*+"
# The tags by which a browser takes a file for HTML: the list of WHATWG's "MIME Sniffing".
TAGS = rb"head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p"
END = rb"(?=[\s/>\[]|\Z)"
TEXT: Table = (
    (SHELL, rb"#!\s*/"),
    (PHP, rb"\s*<\?(?:php|=)"),
    (HTML, BEFORE_HTML + rb"<(?:" + TAGS + rb")" + END),
    (HTML, BEFORE_XML + rb"<(?:!doctype\s+html|html)" + END),
    (SVG, BEFORE_XML + rb"<(?:!doctype\s+svg|(?:[\w.-]{1,32}:)?svg)" + END),
    (XML, rb"\s*<(?:\?xml|!doctype|!--)"),
)

# Names of the same format: the registered one, or the best known, and what else clients send.
OTHER_NAMES = {
    "image/png": "image/x-png image/apng",
    "image/jpeg": "image/jpg image/pjpeg",
    "image/bmp": "image/x-bmp image/x-ms-bmp",
    "image/vnd.microsoft.icon": "image/x-icon image/ico",
    "application/pdf": "application/x-pdf",
    ZIP: "application/x-zip application/x-zip-compressed",
    "application/gzip": "application/x-gzip application/x-tgz application/x-compressed-tar",
    "application/x-bzip2": "application/x-bzip application/bzip2",
    "application/zstd": "application/x-zstd",
    "application/vnd.rar": "application/x-rar application/x-rar-compressed",
    "application/x-tar": "application/x-gtar application/tar",
    "application/vnd.apache.parquet": "application/parquet application/x-parquet",
    "application/vnd.sqlite3": "application/x-sqlite3",
    "application/java-archive": "application/x-java-archive application/x-jar",
    "application/x-executable": "application/x-elf application/x-sharedlib application/x-pie-executable",
    "application/vnd.microsoft.portable-executable": "application/x-msdownload application/x-ms-dos-executable",
    "application/rtf": "text/rtf application/x-rtf",
    "audio/mpeg": "audio/mp3 audio/x-mp3",
    "audio/mp4": "audio/m4a audio/x-m4a",
    "video/mp4": "video/x-m4v",
    "audio/flac": "audio/x-flac",
    "audio/wav": "audio/wave audio/x-wav audio/vnd.wave",
    "video/x-msvideo": "video/avi video/msvideo",
    "font/ttf": "application/x-font-ttf font/sfnt font/collection",
    "font/otf": "application/x-font-otf",
    "font/woff": "application/font-woff application/x-font-woff",
    "text/csv": "text/x-csv application/csv application/x-csv text/comma-separated-values",
    "application/json": "text/json text/x-json application/x-json",
    "application/x-ndjson": "application/ndjson application/jsonl application/x-jsonlines",
    "application/yaml": "text/yaml text/x-yaml application/x-yaml",
    "text/javascript": "application/javascript application/x-javascript",
    XML: "text/xml",
    PHP: "application/x-php application/x-httpd-php",
    SHELL: "application/x-sh application/x-shellscript",
}
# Types whose signature bears another name than theirs, or may bear one more.
SHOWN_BY = {
    "image/heif": ("image/heic",),
    "audio/mp4": ("audio/mp4", "video/mp4"),
    "video/mp4": ("video/mp4", "audio/mp4"),
    "video/3gpp": ("video/mp4",),
    "video/quicktime": ("video/quicktime", "video/mp4"),
    "audio/ogg": ("application/ogg",),
    "audio/opus": ("application/ogg",),
    "video/ogg": ("application/ogg",),
    "audio/webm": ("video/webm",),
    "video/x-matroska": ("video/x-matroska", "video/webm"),
    "application/msword": (OLE2,),
    EXCEL: (OLE2,),
    "application/vnd.ms-powerpoint": (OLE2,),
    "application/vnd.ms-outlook": (OLE2,),
    "application/vnd.ms-word.document.macroenabled.12": (DOCX,),
    "application/vnd.ms-excel.sheet.macroenabled.12": (XLSX,),
    "application/vnd.ms-powerpoint.presentation.macroenabled.12": (PPTX,),
    ZIP: (ZIP, *(kind for kind, _ in ENTRIES)),
}
# Text that programs read and people do not: no markup and no script belongs in it.
DATA = ("text/csv", "text/tab-separated-values", "application/json", "application/x-ndjson", "application/yaml")
TEXT_OUTSIDE_TEXT = ("application/sql", "application/toml", "application/graphql")

BOMS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
