"""Messengers, offices, shops, maps, identity, and the other services that have an SDK."""

from __future__ import annotations

from functools import partial

from ._categories import FILES, SDK
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=SDK)
_SAME = "The same call with `await`, on the async client."
_TWILIO = "`await` the same name with `_async`, on a client made with this HTTP client."
_KEYS = "Fetches the signing keys unless they are cached: warm the cache before the loop starts, or `offload`."

_MESSAGES = (
    *_rows(
        "twilio.rest.Client",
        "messages.create messages.list calls.create calls.list conversations.v1.conversations.create",
        "twilio.http.async_http_client.AsyncTwilioHttpClient",
        construct="twilio.rest.Client()",
        note=_TWILIO,
    ),
    *_rows(
        "twilio.rest.verify.v2.service.ServiceContext",
        "verifications.create verification_checks.create fetch",
        "twilio.http.async_http_client.AsyncTwilioHttpClient",
        construct='twilio.rest.Client().verify.v2.services("sid")',
        note=_TWILIO,
    ),
    *_rows(
        "twilio.rest.lookups.v2.phone_number.PhoneNumberContext",
        "fetch",
        "twilio.http.async_http_client.AsyncTwilioHttpClient",
        construct='twilio.rest.Client().lookups.v2.phone_numbers("+1")',
        note=_TWILIO,
    ),
    *_rows(
        "slack_sdk.WebClient",
        "*",
        "slack_sdk.web.async_client.AsyncWebClient",
        construct="slack_sdk.WebClient()",
        note=_SAME,
    ),
    *_rows(
        "slack_sdk.webhook.WebhookClient",
        "send send_dict",
        "slack_sdk.webhook.async_client.AsyncWebhookClient.*",
        construct='slack_sdk.webhook.WebhookClient("url")',
    ),
    *_rows(
        "telebot.TeleBot",
        "send_message send_photo send_document send_audio send_video send_voice send_location send_media_group "
        "send_chat_action reply_to edit_message_text delete_message forward_message answer_callback_query get_me "
        "get_file download_file get_chat get_chat_member get_updates set_webhook delete_webhook remove_webhook "
        "process_new_updates",
        "telebot.async_telebot.AsyncTeleBot.*",
        construct='telebot.TeleBot("token")',
    ),
    *_rows(
        "telebot.TeleBot",
        "polling infinity_polling",
        "telebot.async_telebot.AsyncTeleBot.*",
        construct='telebot.TeleBot("token")',
    ),
    *_rows(
        "discord_webhook.DiscordWebhook",
        "execute edit delete",
        "discord_webhook.AsyncDiscordWebhook.*",
        construct='discord_webhook.DiscordWebhook("url")',
    ),
    *_rows(
        "discord.SyncWebhook",
        "send fetch edit_message delete_message",
        "discord.Webhook.*",
        construct='discord.SyncWebhook.from_url("url")',
    ),
)

_WATCHING = (
    *_rows("sentry_sdk", "flush", note="Waits two seconds at most, unless told otherwise."),
    *_rows("posthog", "flush shutdown", "posthog.AsyncPosthog.*"),
    *_rows(
        "posthog",
        "feature_enabled get_feature_flag get_feature_flag_payload get_all_flags get_all_flags_and_payloads",
        "posthog.AsyncPosthog.evaluate_flags",
        arguments='"flag", "user"',
    ),
    *_rows("posthog.Posthog", "flush shutdown join", "posthog.AsyncPosthog", construct='posthog.Posthog("key")'),
    *_rows(
        "posthog.Posthog",
        "feature_enabled get_feature_flag get_feature_flag_payload get_all_flags get_all_flags_and_payloads",
        "posthog.AsyncPosthog.evaluate_flags",
        construct='posthog.Posthog("key")',
        arguments='"flag", "user"',
    ),
    *_rows(
        "mixpanel.Mixpanel",
        "track import_data alias people_set people_set_once people_increment people_append people_track_charge "
        "people_delete",
        construct='mixpanel.Mixpanel("token")',
        note="Sends at once, unless it was given a `BufferedConsumer`.",
    ),
    *_rows("datadog.api.Event", "create query", construct="datadog.api.Event"),
    *_rows("datadog.api.Metric", "send query", construct="datadog.api.Metric"),
)

_REPOSITORY = 'github.Github().get_repo("owner/name")'
_SHEET = 'gspread.service_account().open("name").worksheet("name")'
_GITHUB = "PyGithub has no async twin: `offload` the function that uses it."

_OFFICES = (
    *_rows(
        "github.Github",
        "get_repo get_user get_organization get_rate_limit get_gist search_code search_commits search_issues "
        "search_repositories search_users",
        construct="github.Github()",
        arguments='"owner/name"',
        note=_GITHUB,
    ),
    *_rows(
        "github.Repository.Repository",
        "get_* create_* update_file delete_file merge edit compare",
        construct=_REPOSITORY,
    ),
    *_rows(
        "github.Issue.Issue",
        "create_comment edit get_comments add_to_labels remove_from_labels",
        construct=f"{_REPOSITORY}.get_issue(1)",
    ),
    *_rows(
        "github.PullRequest.PullRequest",
        "merge edit get_files get_commits get_comments get_reviews create_review create_issue_comment update",
        construct=f"{_REPOSITORY}.get_pull(1)",
    ),
    *_rows("github.PaginatedList.PaginatedList", "__iter__", construct=f"{_REPOSITORY}.get_issues()"),
    *_rows(
        "gitlab.Gitlab",
        "auth projects.get projects.list projects.create groups.get groups.list users.get users.list issues.list "
        "mergerequests.list http_get http_post",
        construct='gitlab.Gitlab("url")',
    ),
    *_rows("jira", "JIRA", arguments='"url"', note="Asks the server for its version, and logs in."),
    *_rows(
        "jira.JIRA",
        "issue search_issues create_issue create_issues add_comment comments assign_issue transition_issue transitions "
        "projects project add_attachment add_worklog create_issue_link search_users boards sprints user myself",
        construct='jira.JIRA("url")',
    ),
    *_rows(
        "notion_client.Client",
        "pages.create pages.retrieve pages.update databases.create databases.retrieve databases.query databases.update "
        "data_sources.query data_sources.retrieve blocks.retrieve blocks.update blocks.delete blocks.children.list "
        "blocks.children.append users.list users.me users.retrieve search comments.create comments.list request",
        "notion_client.AsyncClient",
        construct="notion_client.Client()",
        note=_SAME,
    ),
    *calls(
        "gspread",
        "service_account oauth",
        category=FILES,
        level="warn",
        note="Reads the file with the credentials.",
    ),
    *_rows(
        "gspread.Client",
        "open open_by_key open_by_url openall create copy list_spreadsheet_files del_spreadsheet",
        construct="gspread.service_account()",
        arguments='"name"',
    ),
    *_rows(
        "gspread.Spreadsheet",
        "worksheet worksheets get_worksheet get_worksheet_by_id add_worksheet del_worksheet duplicate_sheet share "
        "batch_update values_get values_update values_append values_batch_get fetch_sheet_metadata",
        construct='gspread.service_account().open("name")',
        arguments='"name"',
    ),
    *_rows(
        "gspread.Worksheet",
        "get get_values get_all_values get_all_records row_values col_values cell acell find findall range update "
        "update_cell update_cells update_acell append_row append_rows insert_row insert_rows delete_rows batch_get "
        "batch_update batch_clear clear format resize sort",
        construct=_SHEET,
        arguments='"A1"',
    ),
    *calls(
        "googleapiclient.discovery",
        "build build_from_document",
        category=FILES,
        level="warn",
        arguments='"drive", "v3"',
        note="Reads and parses the description of the service; fetches it if it has none.",
    ),
    *_rows(
        "googleapiclient.http.HttpRequest",
        "execute next_chunk",
        construct='googleapiclient.discovery.build("drive", "v3").files().list()',
        note="`httplib2` below is not thread-safe: `offload` the function that builds and executes.",
    ),
    *_rows(
        "googleapiclient.http.MediaIoBaseDownload",
        "next_chunk",
        construct="googleapiclient.http.MediaIoBaseDownload(None, None)",
    ),
)

_HUBSPOT = " ".join(
    f"crm.{kind}.{api}.*"
    for kind in ("contacts", "companies", "deals", "tickets")
    for api in ("basic_api", "search_api")
)
_SALESFORCE = " ".join(
    f"{kind}.{verb}"
    for kind in ("Account", "Contact", "Lead", "Opportunity", "Case")
    for verb in ("create", "get", "update", "upsert", "delete")
)

_BUSINESS = (
    *_rows("hubspot.HubSpot", _HUBSPOT, construct="hubspot.HubSpot()"),
    *_rows("simple_salesforce", "Salesforce", arguments='username="user", password="password"', note="Logs in."),
    *_rows(
        "simple_salesforce.Salesforce",
        "query query_all query_all_iter query_more search quick_search restful apexecute toolingexecute describe "
        f"limits {_SALESFORCE}",
        construct="simple_salesforce.Salesforce()",
        arguments='"SELECT Id FROM Contact"',
    ),
    *(
        row
        for resource in (
            "Product",
            "Order",
            "Customer",
            "Variant",
            "Collect",
            "Webhook",
            "InventoryLevel",
            "Fulfillment",
        )
        for row in _rows(f"shopify.{resource}", "find find_first create exists", construct=f"shopify.{resource}")
    ),
    *(
        row
        for resource in ("Product", "Order", "Customer", "Variant", "Webhook")
        for row in _rows(f"shopify.{resource}", "save destroy reload", construct=f"shopify.{resource}()")
    ),
    *_rows("shopify.Shop", "current", construct="shopify.Shop"),
    *_rows("shopify.GraphQL", "execute", construct="shopify.GraphQL()", arguments='"{ shop { name } }"'),
    *_rows(
        "algoliasearch.search.client.SearchClientSync",
        "search search_single_index search_for_facet_values save_object save_objects partial_update_object "
        "partial_update_objects get_object get_objects delete_object delete_objects delete_by clear_objects batch "
        "browse browse_objects replace_all_objects set_settings get_settings save_rules save_synonyms list_indices "
        "delete_index operation_index index_exists wait_for_task",
        "algoliasearch.search.client.SearchClient.*",
        construct='algoliasearch.search.client.SearchClientSync("app", "key")',
    ),
    *_rows(
        "algoliasearch.search_client.SearchIndex",
        "search save_object save_objects partial_update_object partial_update_objects get_object get_objects "
        "delete_object delete_objects delete_by clear_objects replace_all_objects set_settings get_settings exists",
        "algoliasearch.search.client.SearchClient",
        construct='algoliasearch.search_client.SearchClient.create("app", "key").init_index("books")',
        note="Of algoliasearch before 4. Its `SearchClient` is asynchronous since then.",
    ),
    *_rows(
        "geopy.geocoders.base.Geocoder",
        "geocode reverse",
        "geopy.adapters.AioHTTPAdapter",
        construct='geopy.geocoders.Nominatim(user_agent="app")',
        arguments='"Berlin"',
        note="`async with Nominatim(..., adapter_factory=AioHTTPAdapter) as geocoder`.",
    ),
    *_rows(
        "googlemaps.Client",
        "geocode reverse_geocode directions distance_matrix places places_nearby place places_autocomplete elevation "
        "timezone",
        construct="googlemaps.Client()",
        arguments='"Berlin"',
    ),
)

_IDENTITY = (
    *_rows(
        "google.oauth2.id_token",
        "verify_oauth2_token verify_token verify_firebase_token fetch_id_token",
        arguments='"token", None',
        note="Fetches Google's certificates each time, unless its session caches them.",
    ),
    *_rows(
        "google.oauth2.credentials.Credentials",
        "refresh",
        construct='google.oauth2.credentials.Credentials("token")',
        arguments="None",
    ),
    *_rows(
        "google.oauth2.service_account.Credentials",
        "refresh",
        construct='google.oauth2.service_account.Credentials.from_service_account_file("file")',
        arguments="None",
    ),
    *_rows("google.auth", "default", level="warn", note="Reads files, and asks the metadata server if there are none."),
    *_rows(
        "jwt.PyJWKClient",
        "get_signing_key_from_jwt get_signing_key get_signing_keys get_jwk_set fetch_data",
        construct='jwt.PyJWKClient("url")',
        arguments='"token"',
        note=_KEYS,
    ),
    *_rows(
        "auth0.authentication.GetToken",
        "login client_credentials authorization_code refresh_token passwordless_login",
        construct='auth0.authentication.GetToken("domain", "client")',
    ),
    *_rows("auth0.authentication.Users", "userinfo", construct='auth0.authentication.Users("domain")'),
    *_rows(
        "auth0.authentication.Database",
        "signup change_password",
        construct='auth0.authentication.Database("domain", "client")',
    ),
    *_rows(
        "firebase_admin.auth",
        "verify_id_token verify_session_cookie",
        level="warn",
        arguments='"token"',
        note=f"{_KEYS} With `check_revoked=True` it asks Firebase each time.",
    ),
    *_rows(
        "firebase_admin.auth",
        "get_user get_user_by_email get_user_by_phone_number get_users list_users create_user update_user delete_user "
        "delete_users set_custom_user_claims revoke_refresh_tokens create_session_cookie generate_password_reset_link "
        "generate_email_verification_link generate_sign_in_with_email_link import_users",
        arguments='"user"',
    ),
    *_rows(
        "firebase_admin.messaging",
        "send_each send_each_for_multicast",
        "firebase_admin.messaging.*_async",
        arguments="[]",
    ),
    *_rows(
        "firebase_admin.messaging",
        "send_all send_multicast",
        "firebase_admin.messaging.send_each_async",
        arguments="[]",
        note="Of firebase-admin before 7.",
    ),
    *_rows("firebase_admin.app_check", "verify_token", level="warn", arguments='"token"', note=_KEYS),
    *_rows("firebase_admin.messaging", "send", "firebase_admin.messaging.send_each_async", arguments="None"),
    *_rows("firebase_admin.messaging", "subscribe_to_topic unsubscribe_from_topic", arguments='[], "topic"'),
    *_rows(
        "firebase_admin.db.Reference",
        "get set push update delete transaction",
        construct='firebase_admin.db.reference("a")',
    ),
)

_TABLE = 'supabase.create_client("url", "key").table("name").select("*")'

_PLATFORMS = (
    *_rows(
        "postgrest.SyncQueryRequestBuilder",
        "execute",
        "postgrest.AsyncQueryRequestBuilder.execute",
        construct=_TABLE,
        note="`client = await supabase.acreate_client(url, key)`.",
    ),
    *_rows(
        "supabase.Client",
        "auth.sign_in_with_password auth.sign_in_with_otp auth.sign_in_with_id_token auth.sign_up auth.sign_out "
        "auth.get_user auth.get_claims auth.refresh_session auth.set_session auth.verify_otp auth.update_user "
        "auth.reset_password_for_email auth.exchange_code_for_session auth.admin.create_user auth.admin.delete_user "
        "auth.admin.get_user_by_id auth.admin.update_user_by_id auth.admin.list_users functions.invoke",
        "supabase.AsyncClient",
        construct='supabase.create_client("url", "key")',
        note=_SAME,
    ),
    *_rows(
        "storage3.SyncStorageClient",
        "list_buckets create_bucket get_bucket update_bucket empty_bucket delete_bucket",
        "storage3.AsyncStorageClient.*",
        construct='supabase.create_client("url", "key").storage',
        arguments='"name"',
    ),
    *_rows(
        "storage3.SyncBucketProxy",
        "upload download list remove move copy update create_signed_url create_signed_urls",
        "supabase.AsyncClient",
        construct='supabase.create_client("url", "key").storage.from_("name")',
    ),
    *(
        row
        for api in (
            "CoreV1Api",
            "AppsV1Api",
            "BatchV1Api",
            "NetworkingV1Api",
            "CustomObjectsApi",
            "AutoscalingV2Api",
            "ApiextensionsV1Api",
            "StorageV1Api",
            "VersionApi",
            "RbacAuthorizationV1Api",
        )
        for row in _rows(
            f"kubernetes.client.{api}",
            "list_* read_* get_* create_* delete_* patch_* replace_*",
            f"kubernetes_asyncio.client.{api}",
            construct=f"kubernetes.client.{api}()",
            note="The same names, to be awaited.",
        )
    ),
    *_rows(
        "kubernetes.watch.Watch",
        "stream",
        "kubernetes_asyncio.watch.Watch.stream",
        construct="kubernetes.watch.Watch()",
    ),
    *_rows("kubernetes.stream", "stream", "kubernetes_asyncio.stream.WsApiClient", arguments="print"),
    *_rows("kubernetes.utils", "create_from_yaml", arguments='x, "y"'),
    *calls(
        "kubernetes.config",
        "load_kube_config load_config load_incluster_config",
        category=FILES,
        level="warn",
        note="Load it before the loop starts.",
    ),
    *_rows(
        "consul.Consul",
        "kv.get kv.put kv.delete agent.service.register agent.service.deregister agent.services agent.checks "
        "catalog.service catalog.services catalog.nodes health.service health.node health.state session.create "
        "session.renew session.destroy",
        construct="consul.Consul()",
        arguments='"name"',
    ),
    *_rows(
        "web3.eth.Eth",
        "get_* call estimate_gas send_transaction send_raw_transaction wait_for_transaction_receipt",
        "web3.eth.AsyncEth",
        construct="web3.Web3().eth",
        note="The same names, to be awaited, on `AsyncWeb3(...).eth`.",
    ),
    *_rows("web3.Web3", "is_connected", "web3.AsyncWeb3.is_connected", construct="web3.Web3()"),
    *_rows(
        "web3.contract.contract.ContractFunction",
        "call transact estimate_gas build_transaction",
        "web3.contract.async_contract.AsyncContractFunction.*",
        construct='web3.Web3().eth.contract("address").functions.balanceOf("address")',
    ),
)

ROWS: tuple[Blocking, ...] = (*_MESSAGES, *_WATCHING, *_OFFICES, *_BUSINESS, *_IDENTITY, *_PLATFORMS)
