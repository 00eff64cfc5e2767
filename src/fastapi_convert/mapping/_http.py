"""HTTP clients, and libraries that fetch pages for their caller."""

from __future__ import annotations

from functools import partial

from ._categories import HTTP
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=HTTP)
_URL = '"https://example.org"'
_METHOD = '"GET", "https://example.org"'
_VERBS = "get options head post put patch delete"
_SHARED = "One shared client, opened in the lifespan; httpx follows no redirects and times out unless told otherwise."
_CLIENT = "One shared client, opened in the lifespan; its methods are the same, with `await`."
_STREAM = "`async with client.stream(...)`, and `aiter_bytes`, `aiter_text` or `aiter_lines` on the response."
_OAUTH = "The same calls with `await`, on a client that keeps and refreshes the token."
_SOAP = "`await client.service.Operation(...)`; build the client before the loop starts: reading its WSDL blocks."
_GRPC = "Stubs over this channel block in every call. `grpc.aio` channels take the same stubs, to be awaited."
_BROWSER = "Every command is a round trip to the driver, and pages load meanwhile."

_REQUESTS = (
    *_rows("requests", _VERBS, "httpx.AsyncClient.*", arguments=_URL, note=_SHARED),
    *_rows("requests", "request", "httpx.AsyncClient.*", arguments=_METHOD, note=_SHARED),
    *_rows(
        "requests.Session", _VERBS, "httpx.AsyncClient.*", construct="requests.Session()", arguments=_URL, note=_SHARED
    ),
    *_rows(
        "requests.Session",
        "request",
        "httpx.AsyncClient.*",
        construct="requests.Session()",
        arguments=_METHOD,
        note=_SHARED,
    ),
    *_rows(
        "requests.Session",
        "send",
        "httpx.AsyncClient.*",
        construct="requests.Session()",
        arguments=f"requests.Request({_METHOD}).prepare()",
        note="Build the request with `client.build_request`.",
    ),
    *_rows(
        "requests.adapters.HTTPAdapter",
        "send",
        "httpx.AsyncHTTPTransport",
        construct="requests.adapters.HTTPAdapter()",
        arguments=f"requests.Request({_METHOD}).prepare()",
    ),
    *_rows(
        "requests.Response",
        "iter_content iter_lines",
        "httpx.AsyncClient.stream",
        construct=f"requests.get({_URL}, stream=True)",
        note=_STREAM,
    ),
    *_rows(
        "requests_oauthlib.OAuth2Session",
        "fetch_token refresh_token",
        "authlib.integrations.httpx_client.AsyncOAuth2Client.*",
        construct='requests_oauthlib.OAuth2Session("client")',
        arguments=_URL,
        note=_OAUTH,
    ),
    *_rows(
        "requests_oauthlib.OAuth1Session",
        "fetch_request_token fetch_access_token",
        "authlib.integrations.httpx_client.AsyncOAuth1Client.*",
        construct='requests_oauthlib.OAuth1Session("client")',
        arguments=_URL,
        note=_OAUTH,
    ),
    *_rows(
        "authlib.integrations.requests_client.OAuth2Session",
        "fetch_token refresh_token revoke_token introspect_token",
        "authlib.integrations.httpx_client.AsyncOAuth2Client.*",
        construct='authlib.integrations.requests_client.OAuth2Session("client")',
        arguments=_URL,
        note=_OAUTH,
    ),
    *_rows(
        "authlib.integrations.requests_client.OAuth1Session",
        "fetch_request_token fetch_access_token",
        "authlib.integrations.httpx_client.AsyncOAuth1Client.*",
        construct='authlib.integrations.requests_client.OAuth1Session("client")',
        arguments=_URL,
        note=_OAUTH,
    ),
    *_rows(
        "authlib.integrations.httpx_client.OAuth2Client",
        "fetch_token refresh_token revoke_token introspect_token",
        "authlib.integrations.httpx_client.AsyncOAuth2Client.*",
        construct='authlib.integrations.httpx_client.OAuth2Client("client")',
        arguments=_URL,
        note=_OAUTH,
    ),
)

_HTTPX = (
    *_rows("httpx", _VERBS, "httpx.AsyncClient.*", arguments=_URL, note=_CLIENT),
    *_rows("httpx", "request", "httpx.AsyncClient.*", arguments=_METHOD, note=_CLIENT),
    *_rows("httpx", "stream", "httpx.AsyncClient.*", arguments=_METHOD, note=_STREAM),
    *_rows("httpx.Client", _VERBS, "httpx.AsyncClient.*", construct="httpx.Client()", arguments=_URL, note=_CLIENT),
    *_rows(
        "httpx.Client", "request", "httpx.AsyncClient.*", construct="httpx.Client()", arguments=_METHOD, note=_CLIENT
    ),
    *_rows(
        "httpx.Client", "stream", "httpx.AsyncClient.*", construct="httpx.Client()", arguments=_METHOD, note=_STREAM
    ),
    *_rows(
        "httpx.Client",
        "send",
        "httpx.AsyncClient.*",
        construct="httpx.Client()",
        arguments=f"httpx.Request({_METHOD})",
        note=_CLIENT,
    ),
    *_rows("httpx.Client", "close", "httpx.AsyncClient.aclose", construct="httpx.Client()", level="all"),
    *_rows("httpx2", f"{_VERBS} query", "httpx2.AsyncClient.*", arguments=_URL, note=_CLIENT),
    *_rows("httpx2", "request", "httpx2.AsyncClient.*", arguments=_METHOD, note=_CLIENT),
    *_rows("httpx2", "stream", "httpx2.AsyncClient.*", arguments=_METHOD, note=_STREAM),
    *_rows(
        "httpx2.Client",
        f"{_VERBS} query",
        "httpx2.AsyncClient.*",
        construct="httpx2.Client()",
        arguments=_URL,
        note=_CLIENT,
    ),
    *_rows(
        "httpx2.Client", "request", "httpx2.AsyncClient.*", construct="httpx2.Client()", arguments=_METHOD, note=_CLIENT
    ),
    *_rows(
        "httpx2.Client", "stream", "httpx2.AsyncClient.*", construct="httpx2.Client()", arguments=_METHOD, note=_STREAM
    ),
    *_rows(
        "httpx2.Client",
        "send",
        "httpx2.AsyncClient.*",
        construct="httpx2.Client()",
        arguments=f"httpx2.Request({_METHOD})",
        note=_CLIENT,
    ),
    *_rows("httpx2.Client", "close", "httpx2.AsyncClient.aclose", construct="httpx2.Client()", level="all"),
)

_CLIENTS = (
    *_rows("urllib3", "request", "httpx.AsyncClient.request", arguments=_METHOD, note=_SHARED),
    *_rows(
        "urllib3.PoolManager",
        "request request_encode_url request_encode_body urlopen",
        "httpx.AsyncClient.request",
        construct="urllib3.PoolManager()",
        arguments=_METHOD,
        note=_SHARED,
    ),
    *_rows(
        "urllib3.HTTPConnectionPool",
        "request request_encode_url request_encode_body urlopen",
        "httpx.AsyncClient.request",
        construct='urllib3.HTTPConnectionPool("example.org")',
        arguments='"GET", "/"',
        note=_SHARED,
    ),
    *_rows(
        "urllib3.HTTPResponse",
        "read stream",
        "httpx.AsyncClient.stream",
        construct=f'urllib3.PoolManager().request("GET", {_URL}, preload_content=False)',
        level="warn",
        note="Waits only for what was not read before: with `preload_content=False`.",
    ),
    *_rows(
        "httplib2.Http",
        "request",
        "httpx.AsyncClient.request",
        construct="httplib2.Http()",
        arguments=_URL,
        note=_SHARED,
    ),
    *_rows("pycurl.Curl", "perform perform_rb perform_rs", construct="pycurl.Curl()"),
    *_rows("pycurl.CurlMulti", "select", construct="pycurl.CurlMulti()", arguments="1.0"),
    *_rows(
        "curl_cffi.requests",
        "get options head post put patch delete",
        "curl_cffi.requests.AsyncSession.*",
        arguments=_URL,
    ),
    *_rows("curl_cffi.requests", "request", "curl_cffi.requests.AsyncSession.*", arguments=_METHOD),
    *_rows(
        "curl_cffi.requests.Session",
        "get options head post put patch delete",
        "curl_cffi.requests.AsyncSession.*",
        construct="curl_cffi.requests.Session()",
        arguments=_URL,
    ),
    *_rows(
        "curl_cffi.requests.Session",
        "request stream",
        "curl_cffi.requests.AsyncSession.*",
        construct="curl_cffi.requests.Session()",
        arguments=_METHOD,
    ),
    *_rows(
        "curl_cffi.requests.Session",
        "ws_connect",
        "curl_cffi.requests.AsyncSession.*",
        construct="curl_cffi.requests.Session()",
        arguments=_URL,
    ),
)

_WEBSOCKETS = (
    *_rows("websocket", "create_connection", "websockets.asyncio.client.connect", arguments='"wss://example.org"'),
    *_rows(
        "websocket.WebSocket",
        "connect",
        "websockets.asyncio.client.connect",
        construct="websocket.WebSocket()",
        arguments='"wss://example.org"',
    ),
    *_rows(
        "websocket.WebSocket",
        "recv recv_data recv_data_frame recv_frame",
        "websockets.asyncio.client.ClientConnection.recv",
        construct="websocket.WebSocket()",
    ),
    *_rows(
        "websocket.WebSocket",
        "send send_binary send_bytes send_text",
        "websockets.asyncio.client.ClientConnection.send",
        construct="websocket.WebSocket()",
        arguments='"text"',
    ),
    *_rows(
        "websocket.WebSocketApp",
        "run_forever",
        "websockets.asyncio.client.connect",
        construct='websocket.WebSocketApp("wss://example.org")',
    ),
    *_rows(
        "websockets.sync.client",
        "connect unix_connect",
        "websockets.asyncio.client.*",
        arguments='"wss://example.org"',
    ),
    *_rows(
        "websockets.sync.client.ClientConnection",
        "recv send recv_streaming",
        "websockets.asyncio.client.ClientConnection.*",
        construct='websockets.sync.client.connect("wss://example.org")',
    ),
    *_rows(
        "websockets.sync.client.ClientConnection",
        "__iter__",
        "websockets.asyncio.client.ClientConnection",
        construct='websockets.sync.client.connect("wss://example.org")',
        note="`async for message in connection`.",
    ),
)

_CALLS = (
    *_rows("grpc", "insecure_channel", "grpc.aio.*", arguments='"localhost:50051"', level="warn", note=_GRPC),
    *_rows(
        "grpc",
        "secure_channel",
        "grpc.aio.*",
        arguments='"localhost:50051", grpc.ssl_channel_credentials()',
        level="warn",
        note=_GRPC,
    ),
    *_rows(
        "grpc.Future",
        "result exception traceback",
        "grpc.aio.Channel.channel_ready",
        construct='grpc.channel_ready_future(grpc.insecure_channel("localhost:50051"))',
        note="Calls of `grpc.aio` are awaited themselves.",
    ),
    *_rows(
        "grpc.Server",
        "wait_for_termination",
        "grpc.aio.Server.*",
        construct="grpc.server(None)",
    ),
    *_rows("zeep", "Client CachingClient", arguments=_URL, note="Reads the WSDL and all that it refers to."),
    *_rows("zeep.Client.service", "*", "zeep.AsyncClient", construct='zeep.Client("service.wsdl").service', note=_SOAP),
    *_rows("suds.client", "Client", arguments=_URL, note="Reads the WSDL and all that it refers to."),
    *_rows("suds.client.Client.service", "*", construct='suds.client.Client("service.wsdl").service'),
    *_rows(
        "gql.Client",
        "execute execute_sync",
        "gql.Client.execute_async",
        construct="gql.Client()",
        arguments='gql.gql("{ a }")',
    ),
    *_rows("gql.Client", "connect_sync", "gql.Client.connect_async", construct="gql.Client()"),
    *_rows(
        "gql.client.SyncClientSession",
        "execute execute_batch fetch_schema",
        "gql.client.AsyncClientSession.*",
        construct="gql.Client().connect_sync()",
        note="`async with client as session`, with an asynchronous transport.",
    ),
)

_FETCHING = (
    *_rows("feedparser", "parse", arguments=_URL, note="Fetch with an async client, and parse the text that came."),
    *_rows("wikipedia", "page search summary random geosearch suggest", arguments='"Python"'),
    *_rows("yfinance", "download", arguments='"MSFT"'),
    *_rows("yfinance.Ticker", "history option_chain get_info", construct='yfinance.Ticker("MSFT")'),
    *_rows("yt_dlp.YoutubeDL", "download extract_info", construct="yt_dlp.YoutubeDL()", arguments=_URL),
    *_rows("youtube_dl.YoutubeDL", "download extract_info", construct="youtube_dl.YoutubeDL()", arguments=_URL),
    *_rows(
        "youtube_transcript_api.YouTubeTranscriptApi",
        "fetch list",
        construct="youtube_transcript_api.YouTubeTranscriptApi()",
        arguments='"video"',
    ),
    *_rows("ddgs.DDGS", "text images videos news books", construct="ddgs.DDGS()", arguments='"query"'),
    *_rows("trafilatura", "fetch_url fetch_response", arguments=_URL),
    *_rows("newspaper.Article", "download", construct=f"newspaper.Article({_URL})"),
    *_rows(
        "tldextract", "extract", arguments=_URL, level="warn", note="Fetches the list of suffixes when it has none."
    ),
    *_rows("selenium.webdriver", "Chrome Edge Firefox Remote Safari", note="Starts a browser."),
    *_rows(
        "selenium.webdriver.remote.webdriver.WebDriver",
        "get refresh back find_element find_elements execute_script save_screenshot get_screenshot_as_png quit",
        construct="selenium.webdriver.Chrome()",
        note=_BROWSER,
    ),
    *_rows(
        "selenium.webdriver.support.ui.WebDriverWait",
        "until until_not",
        construct="selenium.webdriver.support.ui.WebDriverWait(None, 10)",
        arguments="bool",
    ),
)

ROWS: tuple[Blocking, ...] = (*_REQUESTS, *_HTTPX, *_CLIENTS, *_WEBSOCKETS, *_CALLS, *_FETCHING)
