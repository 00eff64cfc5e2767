"""The standard library on the network: sockets, names, TLS, urllib, FTP and mail."""

from __future__ import annotations

from ._categories import FILES, HTTP, MAIL, NETWORK
from ._grouping import calls
from ._model import Blocking, Unless

__all__ = ("ROWS",)

_SOCKET = "socket.socket()"
_NON_BLOCKING = "Harmless on a socket after `setblocking(False)`."
_LOOP = "asyncio.AbstractEventLoop"

_NAMES = (
    *calls("socket", "getaddrinfo", "anyio.getaddrinfo", category=NETWORK, arguments='"x", 1'),
    *calls("socket", "gethostbyname gethostbyname_ex", "anyio.getaddrinfo", category=NETWORK, arguments='"x"'),
    *calls("socket", "gethostbyaddr", "anyio.getnameinfo", category=NETWORK, arguments='"x"'),
    *calls("socket", "getnameinfo", "anyio.getnameinfo", category=NETWORK, arguments='("x", 1), 0'),
    *calls("socket", "getfqdn", category=NETWORK, note="Asks the name server for the name of the host, each time."),
    *calls("socket", "create_connection", "asyncio.open_connection", category=NETWORK, arguments='("x", 1)'),
)

_SOCKETS = (
    *calls("socket.socket", "accept", f"{_LOOP}.sock_*", category=NETWORK, construct=_SOCKET, note=_NON_BLOCKING),
    *calls(
        "socket.socket",
        "connect",
        f"{_LOOP}.sock_*",
        category=NETWORK,
        construct=_SOCKET,
        arguments='("x", 1)',
        note=_NON_BLOCKING,
    ),
    *calls(
        "socket.socket",
        "connect_ex",
        f"{_LOOP}.sock_connect",
        category=NETWORK,
        construct=_SOCKET,
        arguments='("x", 1)',
        note=_NON_BLOCKING,
    ),
    *calls(
        "socket.socket",
        "recv recv_into recvfrom recvfrom_into",
        f"{_LOOP}.sock_*",
        category=NETWORK,
        construct=_SOCKET,
        arguments="1",
        note=_NON_BLOCKING,
    ),
    *calls(
        "socket.socket", "recvmsg recvmsg_into", category=NETWORK, construct=_SOCKET, arguments="1", note=_NON_BLOCKING
    ),
    *calls(
        "socket.socket",
        "sendall sendfile",
        f"{_LOOP}.sock_*",
        category=NETWORK,
        construct=_SOCKET,
        arguments='b"x"',
        note=_NON_BLOCKING,
    ),
    *calls(
        "socket.socket",
        "send",
        f"{_LOOP}.sock_sendall",
        category=NETWORK,
        level="warn",
        construct=_SOCKET,
        arguments='b"x"',
        note="Waits while the send buffer is full.",
    ),
    *calls(
        "socket.socket",
        "sendto",
        f"{_LOOP}.sock_sendto",
        category=NETWORK,
        level="warn",
        construct=_SOCKET,
        arguments='b"x", ("x", 1)',
        note="Resolves the name of the host, if it is one.",
    ),
    *calls("socket.socket", "sendmsg", category=NETWORK, level="warn", construct=_SOCKET, arguments='[b"x"]'),
    *calls(
        "socketserver.BaseServer",
        "serve_forever handle_request",
        category=NETWORK,
        construct='socketserver.TCPServer(("x", 1), object)',
    ),
)

_TLS_SOCKET = "ssl.SSLContext().wrap_socket(x)"
_TLS = (
    *calls(
        "ssl.SSLContext",
        "wrap_socket",
        "asyncio.open_connection",
        category=NETWORK,
        construct="ssl.SSLContext()",
        arguments="x",
        note="Shakes hands if the socket is connected.",
        unless=(Unless("do_handshake_on_connect", False, 2),),
    ),
    *calls("ssl.SSLSocket", "do_handshake read unwrap", category=NETWORK, construct=_TLS_SOCKET),
    *calls("ssl.SSLSocket", "write", category=NETWORK, construct=_TLS_SOCKET, arguments='b"x"'),
    *calls("ssl", "get_server_certificate", category=NETWORK, arguments='("x", 1)'),
    *calls(
        "ssl",
        "create_default_context",
        category=FILES,
        level="warn",
        note="Reads and parses every certificate authority of the system, tens of milliseconds: make one and keep it.",
    ),
)

_CONNECTION = 'http.client.HTTPConnection("x")'
_RESPONSE = 'urllib.request.urlopen("x")'
_URLLIB = (
    *calls("urllib.request", "urlopen", "httpx.AsyncClient.get", category=HTTP, arguments='"x"'),
    *calls("urllib.request", "urlretrieve", "httpx.AsyncClient.stream", category=HTTP, arguments='"x"'),
    *calls(
        "urllib.request.OpenerDirector",
        "open",
        "httpx.AsyncClient.get",
        category=HTTP,
        construct="urllib.request.build_opener()",
        arguments='"x"',
    ),
    *calls(
        "http.client.HTTPConnection",
        "request",
        "httpx.AsyncClient.request",
        category=HTTP,
        construct=_CONNECTION,
        arguments='"GET", "/"',
    ),
    *calls("http.client.HTTPConnection", "connect endheaders", category=HTTP, construct=_CONNECTION),
    *calls("http.client.HTTPConnection", "send", category=HTTP, construct=_CONNECTION, arguments='b"x"'),
    *calls(
        "http.client.HTTPConnection",
        "getresponse",
        "httpx.AsyncClient.request",
        category=HTTP,
        construct=_CONNECTION,
    ),
    *calls(
        "http.client.HTTPResponse",
        "read read1 readline readlines __iter__",
        "httpx.Response.aread",
        category=HTTP,
        construct=_RESPONSE,
    ),
    *calls("http.client.HTTPResponse", "readinto", category=HTTP, construct=_RESPONSE, arguments="x"),
    *calls(
        "urllib.robotparser.RobotFileParser", "read", category=HTTP, construct='urllib.robotparser.RobotFileParser("x")'
    ),
    *calls("xmlrpc.client.ServerProxy", "*", category=HTTP, construct='xmlrpc.client.ServerProxy("x")'),
)

_FTP = (
    *calls("ftplib", "FTP FTP_TLS", category=NETWORK, arguments='"x"', note="Connects if it is given a host."),
    *calls(
        "ftplib.FTP",
        "connect login quit nlst dir mlsd pwd voidcmd sendcmd transfercmd ntransfercmd abort",
        category=NETWORK,
        construct='ftplib.FTP("x")',
    ),
    *calls("ftplib.FTP", "cwd delete mkd rmd size", category=NETWORK, construct='ftplib.FTP("x")', arguments='"y"'),
    *calls("ftplib.FTP", "rename", category=NETWORK, construct='ftplib.FTP("x")', arguments='"y", "z"'),
    *calls(
        "ftplib.FTP",
        "retrbinary retrlines storbinary storlines",
        category=NETWORK,
        construct='ftplib.FTP("x")',
        arguments='"RETR y", print',
    ),
    *calls("ftplib.FTP_TLS", "auth prot_p prot_c ccc", category=NETWORK, construct='ftplib.FTP_TLS("x")'),
)

_SMTP = 'smtplib.SMTP("x")'
_IMAP = 'imaplib.IMAP4("x")'
_POP = 'poplib.POP3("x")'
_MAIL = (
    *calls(
        "smtplib",
        "SMTP SMTP_SSL LMTP",
        "aiosmtplib.SMTP",
        category=MAIL,
        arguments='"x"',
        note="Connects if it is given a host.",
    ),
    *calls(
        "smtplib.SMTP",
        "connect ehlo helo starttls quit noop rset",
        "aiosmtplib.SMTP.*",
        category=MAIL,
        construct=_SMTP,
    ),
    *calls("smtplib.SMTP", "login", "aiosmtplib.SMTP.*", category=MAIL, construct=_SMTP, arguments='"x", "y"'),
    *calls(
        "smtplib.SMTP",
        "sendmail",
        "aiosmtplib.SMTP.*",
        category=MAIL,
        construct=_SMTP,
        arguments='"x", ["y"], "z"',
        note="`aiosmtplib.send` connects, sends and closes in one call.",
    ),
    *calls(
        "smtplib.SMTP",
        "send_message",
        "aiosmtplib.SMTP.*",
        category=MAIL,
        construct=_SMTP,
        arguments="x",
        note="`aiosmtplib.send` connects, sends and closes in one call.",
    ),
    *calls("smtplib.SMTP", "verify", "aiosmtplib.SMTP.vrfy", category=MAIL, construct=_SMTP, arguments='"x"'),
    *calls("smtplib.SMTP", "expn", "aiosmtplib.SMTP.expn", category=MAIL, construct=_SMTP, arguments='"x"'),
    *calls("imaplib", "IMAP4 IMAP4_SSL", category=MAIL, arguments='"x"'),
    *calls(
        "imaplib.IMAP4",
        "append authenticate capability check close copy create delete expunge fetch list login logout lsub "
        "noop partial recent rename search select sort starttls status store subscribe thread uid unsubscribe",
        category=MAIL,
        construct=_IMAP,
    ),
    *calls("poplib", "POP3 POP3_SSL", category=MAIL, arguments='"x"'),
    *calls(
        "poplib.POP3",
        "apop capa dele list noop pass_ quit retr rset stat stls top uidl user",
        category=MAIL,
        construct=_POP,
    ),
)

ROWS: tuple[Blocking, ...] = (*_NAMES, *_SOCKETS, *_TLS, *_URLLIB, *_FTP, *_MAIL)
