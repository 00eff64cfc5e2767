"""What other sites have: browsers that are driven, crawlers, searches, media and social networks."""

from __future__ import annotations

from functools import partial

from ._categories import HTTP, NETWORK, SDK
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=SDK)
_pages = partial(calls, category=HTTP)
_SAME = "The same call with `await`, on the async client."
_BROWSER = (
    "The synchronous API of Playwright raises an error on a running loop: the asynchronous one has the same names."
)
_MINUTES = "Seconds to minutes: a job suits it better than a request."

_PLAYWRIGHT = "playwright.sync_api.sync_playwright().start()"
_LAUNCHED = f"{_PLAYWRIGHT}.chromium.launch()"
_PAGE = f"{_LAUNCHED}.new_page()"
_ON_ELEMENTS = (
    "check clear click dblclick evaluate evaluate_handle fill focus get_attribute hover inner_html inner_text "
    "input_value is_checked is_enabled is_hidden is_visible press screenshot select_option set_input_files tap "
    "text_content type uncheck"
)
_ON_PAGES = (
    "add_script_tag bring_to_front close content drag_and_drop eval_on_selector eval_on_selector_all go_back "
    "go_forward goto pdf query_selector query_selector_all reload set_content title wait_for_event wait_for_function "
    "wait_for_load_state wait_for_selector wait_for_timeout wait_for_url"
)
_BROWSERS = (
    *_pages(
        "playwright.sync_api.PlaywrightContextManager",
        "start __enter__",
        "playwright.async_api.async_playwright",
        construct="playwright.sync_api.sync_playwright()",
        note=_BROWSER,
    ),
    *(
        row
        for owner, names, construct in (
            ("BrowserType", "launch launch_persistent_context connect connect_over_cdp", f"{_PLAYWRIGHT}.chromium"),
            ("Browser", "new_page new_context close", _LAUNCHED),
            (
                "BrowserContext",
                "new_page add_cookies cookies storage_state close",
                f"{_LAUNCHED}.new_context()",
            ),
            ("Page", f"{_ON_PAGES} {_ON_ELEMENTS.replace('clear ', '')}", _PAGE),
            (
                "Locator",
                f"{_ON_ELEMENTS} all all_inner_texts all_text_contents count wait_for",
                f'{_PAGE}.locator("a")',
            ),
        )
        for row in _pages(
            f"playwright.sync_api.{owner}",
            names,
            f"playwright.async_api.{owner}.*",
            construct=construct,
            note=_BROWSER,
        )
    ),
)

_FIRECRAWL = (
    "scrape search map crawl start_crawl wait_crawl get_crawl_status cancel_crawl batch_scrape start_batch_scrape "
    "get_batch_scrape_status extract start_extract get_extract_status agent scrape_url crawl_url map_url "
    "batch_scrape_urls check_crawl_status"
)
_APIFY = 'apify_client.ApifyClient("token")'
_SEARCHES = "GoogleSearch BaiduSearch BingSearch YahooSearch YandexSearch YoutubeSearch GoogleScholarSearch"
_CRAWLING = (
    *(
        row
        for name in ("Firecrawl", "FirecrawlApp")
        for row in _rows(
            f"firecrawl.{name}",
            _FIRECRAWL,
            f"firecrawl.Async{name}.*",
            construct=f'firecrawl.{name}("key")',
            note=f"{_SAME} A crawl waits until all of it is there.",
        )
    ),
    *(
        row
        for path, names, twin in (
            ('actor("x")', "call start get build", "actor.ActorClientAsync"),
            ('task("x")', "call start get get_input", "task.TaskClientAsync"),
            ('run("x")', "get wait_for_finish abort", "run.RunClientAsync"),
            ('dataset("x")', "list_items push_items get_items_as_bytes get", "dataset.DatasetClientAsync"),
            (
                'key_value_store("x")',
                "get_record set_record list_keys",
                "key_value_store.KeyValueStoreClientAsync",
            ),
        )
        for row in _rows(
            f"apify_client._resource_clients.{twin.removesuffix('Async')}",
            names,
            "apify_client.ApifyClientAsync",
            construct=f"{_APIFY}.{path}",
            note=_SAME,
        )
    ),
    *_rows(
        "apify_client._resource_clients.dataset.DatasetClient",
        "iterate_items",
        "apify_client.ApifyClientAsync",
        construct=f'{_APIFY}.dataset("x")',
        level="warn",
        note="Fetches page after page while it is read.",
    ),
    *_rows("serpapi", "search", arguments='q="query"'),
    *_rows("serpapi.Client", "search search_archive account locations", construct='serpapi.Client(api_key="key")'),
    *(
        row
        for name in _SEARCHES.split()
        for row in _rows(
            f"serpapi.{name}",
            "get_dict get_json get_html get_object get_results get_dictionary get_raw_json",
            construct=f"serpapi.{name}({{}})",
        )
    ),
    *_pages(
        "duckduckgo_search.DDGS", "text images videos news", construct="duckduckgo_search.DDGS()", arguments='"query"'
    ),
)

_MEDIA = (
    *(
        row
        for library in ("pytube", "pytubefix")
        for row in _pages(
            f"{library}.Stream",
            "download stream_to_buffer",
            construct=f'{library}.YouTube("https://example.org").streams.first()',
            note=_MINUTES,
        )
    ),
    *_rows("spotipy.Spotify", "*", construct="spotipy.Spotify()"),
    *_rows(
        "instaloader.Instaloader",
        "download_* get_* login two_factor_login test_login check_profile_id",
        construct="instaloader.Instaloader()",
        note=_MINUTES,
    ),
    *_rows("instaloader.Profile", "from_username from_id", construct="instaloader.Profile", arguments="x, y"),
    *_rows("instaloader.Post", "from_shortcode from_mediaid", construct="instaloader.Post", arguments="x, y"),
    *_rows("tweepy.Client", "*", "tweepy.asynchronous.AsyncClient", construct="tweepy.Client()", note=_SAME),
    *_rows("tweepy.API", "*", construct="tweepy.API()", note="`tweepy.asynchronous.AsyncClient` speaks version 2."),
    *_pages("speedtest", "Speedtest", note="Fetches its settings."),
    *calls(
        "speedtest.Speedtest",
        "download upload get_best_server get_servers get_closest_servers get_config",
        category=NETWORK,
        construct="speedtest.Speedtest()",
        note="Fills the line for ten seconds and more.",
    ),
)

ROWS: tuple[Blocking, ...] = (*_BROWSERS, *_CRAWLING, *_MEDIA)
