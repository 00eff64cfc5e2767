"""Vaults, clouds of companies, identity servers, exchanges, translators and push services."""

from __future__ import annotations

from functools import partial

from ._categories import HTTP, SDK
from ._grouping import calls
from ._model import Blocking

__all__ = ("ROWS",)

_rows = partial(calls, category=SDK)

_ENGINES = "aws azure consul database gcp identity kv kv.v1 kv.v2 ldap pki rabbitmq ssh transform transit"
_METHODS = "approle aws azure cert gcp github jwt kubernetes ldap oidc okta radius token userpass"
_VAULT = (
    *_rows(
        "hvac.Client",
        "read write write_data list delete is_authenticated lookup_token revoke_token renew_token login sys.* "
        + " ".join(f"secrets.{engine}.*" for engine in _ENGINES.split())
        + " "
        + " ".join(f"auth.{method}.*" for method in _METHODS.split()),
        construct="hvac.Client()",
        arguments='"path"',
    ),
)

_CLIENTS = {
    "ai_document": "AIServiceDocumentClient",
    "ai_language": "AIServiceLanguageClient",
    "ai_speech": "AIServiceSpeechClient",
    "ai_vision": "AIServiceVisionClient",
    "container_engine": "ContainerEngineClient",
    "core": "BlockstorageClient ComputeClient VirtualNetworkClient",
    "database": "DatabaseClient",
    "dns": "DnsClient",
    "email_data_plane": "EmailDPClient",
    "functions": "FunctionsInvokeClient FunctionsManagementClient",
    "generative_ai_inference": "GenerativeAiInferenceClient",
    "identity": "IdentityClient",
    "key_management": "KmsCryptoClient KmsManagementClient KmsVaultClient",
    "limits": "LimitsClient QuotasClient",
    "load_balancer": "LoadBalancerClient",
    "logging": "LoggingManagementClient",
    "loggingingestion": "LoggingClient",
    "monitoring": "MonitoringClient",
    "nosql": "NosqlClient",
    "object_storage": "ObjectStorageClient",
    "ons": "NotificationControlPlaneClient NotificationDataPlaneClient",
    "queue": "QueueAdminClient QueueClient",
    "resource_search": "ResourceSearchClient",
    "secrets": "SecretsClient",
    "streaming": "StreamAdminClient StreamClient",
    "usage_api": "UsageapiClient",
    "vault": "VaultsClient",
}
_ORACLE = (
    *(
        row
        for service, clients in _CLIENTS.items()
        for client in clients.split()
        for row in _rows(f"oci.{service}.{client}", "*", construct=f"oci.{service}.{client}({{}})")
    ),
    *_rows("oci.pagination", "list_call_get_all_results list_call_get_up_to_limit", arguments="print"),
    *_rows("oci", "wait_until", arguments="x, y", note="Asks again and again, and sleeps in between."),
)

_ATLASSIAN = tuple(
    row
    for product in "Bamboo Bitbucket Confluence Crowd Insight Jira ServiceDesk Xray".split()  # noqa: SIM905 -- as above
    for row in _rows(f"atlassian.{product}", "*", construct=f'atlassian.{product}("url")')
)

_KEYCLOAK = 'keycloak.KeycloakOpenID("url", "realm", "client")'
_IDENTITY = (
    *(
        row
        for kind in ("ConfidentialClientApplication", "PublicClientApplication")
        for row in _rows(
            f"msal.{kind}",
            "acquire_token_*",
            construct=f'msal.{kind}("id")',
            note="Answers from its cache while a token is valid, and asks for another one then.",
        )
    ),
    *_rows(
        "msal",
        "ConfidentialClientApplication PublicClientApplication",
        level="warn",
        arguments='"id"',
        note="Asks the authority what it can do: one application for all requests.",
    ),
    *_rows("msal.ManagedIdentityClient", "acquire_token_for_client", construct="msal.ManagedIdentityClient({})"),
    *_rows(
        "keycloak.KeycloakOpenID",
        "token refresh_token exchange_token userinfo introspect logout public_key certs well_known device",
        "keycloak.KeycloakOpenID.a_*",
        construct=_KEYCLOAK,
    ),
    *_rows(
        "keycloak.KeycloakOpenID",
        "decode_token",
        "keycloak.KeycloakOpenID.a_decode_token",
        level="warn",
        construct=_KEYCLOAK,
        note="Fetches the public key unless it is given one.",
    ),
    *_rows(
        "keycloak.KeycloakAdmin",
        "get_* create_* update_* delete_* add_* remove_* set_* send_* assign_* group_* groups_* user_* users_* "
        "enable_* disable_* sync_users",
        "keycloak.KeycloakAdmin",
        construct='keycloak.KeycloakAdmin("url")',
        note="The same name with `a_` in front, to be awaited.",
    ),
)

_EXCHANGES = (
    *_rows(
        "ccxt.Exchange",
        "fetch* create* cancel* edit* load_markets loadMarkets withdraw transfer",
        "ccxt.async_support.Exchange",
        construct="ccxt.binance()",
        note="The same exchange and method of `ccxt.async_support`.",
    ),
    *_rows("binance", "Client", "binance.AsyncClient.create", note="Pings the exchange."),
    *_rows(
        "binance.Client",
        "get_* create_* cancel_* order_* futures_* margin_* ping",
        "binance.AsyncClient",
        construct="binance.Client()",
        note="The same name on `await AsyncClient.create()`.",
    ),
)

_TABLE = 'pyairtable.Api("key").table("base", "name")'
_TALKING = (
    *_rows(
        "pusher.Pusher",
        "trigger trigger_batch send_to_user channels_info channel_info users_info terminate_user_connections",
        construct='pusher.Pusher("id", "key", "secret")',
    ),
    *calls("pywebpush", "webpush", "pywebpush.webpush_async", category=HTTP, arguments="{}"),
    *_rows("pyfcm.FCMNotification", "notify notify_*", construct="pyfcm.FCMNotification()"),
    *_rows("apprise.Apprise", "notify", "apprise.Apprise.async_notify", construct="apprise.Apprise()"),
    *_rows("plivo.RestClient", "messages.create calls.create", construct="plivo.RestClient()"),
    *_rows(
        "pyairtable.Table",
        "all iterate first get create update delete batch_create batch_update batch_delete batch_upsert",
        construct=_TABLE,
    ),
    *_rows("jenkins.Jenkins", "*", construct='jenkins.Jenkins("url")'),
    *(
        row
        for kind in ("DeepLClient", "Translator")
        for row in _rows(
            f"deepl.{kind}",
            "translate_* get_usage get_source_languages get_target_languages",
            construct=f'deepl.{kind}("key")',
        )
    ),
    *calls(
        "deep_translator.GoogleTranslator",
        "translate translate_batch translate_file",
        category=HTTP,
        construct="deep_translator.GoogleTranslator()",
        arguments='"text"',
    ),
    *calls("gradio_client", "Client", category=HTTP, arguments='"space"', note="Asks the space what it can do."),
    *calls(
        "gradio_client.Client",
        "predict",
        category=HTTP,
        construct='gradio_client.Client("space")',
        note="`submit` gives a job whose result can be asked for later.",
    ),
)

ROWS: tuple[Blocking, ...] = (*_VAULT, *_ORACLE, *_ATLASSIAN, *_IDENTITY, *_EXCHANGES, *_TALKING)
