"""What is special to the rows of HTTP clients, SDKs, mail, remote shells and queues."""

from __future__ import annotations

import pytest

from fastapi_convert.mapping import (
    Blocking,
    Table,
    _http,
    _mail,
    _network,
    _queues,
    _sdks_ai,
    _sdks_cloud,
    _sdks_payments,
    _sdks_services,
)
from fastapi_convert.mapping._categories import HTTP
from fastapi_convert.mapping._grouping import calls

_TABLE = Table(
    row
    for module in (_http, _mail, _network, _queues, _sdks_ai, _sdks_cloud, _sdks_payments, _sdks_services)
    for row in module.ROWS
)


def _level(name: str) -> str | None:
    row = _TABLE.lookup(name)
    return None if row is None else row.level


def test_a_group_is_a_row_for_each_name() -> None:
    """The name takes the place of the star in the replacement."""
    first, second = calls("library", "get put", "other.*", category=HTTP)
    assert first == Blocking("library.get", HTTP, "other.get", "native")
    assert second == Blocking("library.put", HTTP, "other.put", "native")


def test_a_path_of_attributes_is_part_of_the_example() -> None:
    """What is between the owner and the method is reached through the object."""
    (row,) = calls("library.Client", "chat.create", "other.Client.*", category=HTTP, construct="library.Client()")
    assert (row.name, row.construct) == ("library.Client.chat.create", "library.Client().chat")
    assert row.replacement == "other.Client.create"


@pytest.mark.parametrize("to, how", [("offload", "offload"), ("ProcessPool", "process"), ("a.b", "native")])
def test_the_replacement_says_how(to: str, how: str) -> None:
    """A dotted name is an async twin."""
    (row,) = calls("library", "get", to, category=HTTP)
    assert (row.how, row.replacement) == (how, to)


@pytest.mark.parametrize(
    "name",
    [
        "stripe.Charge.create_async",
        "stripe.Webhook.construct_event",
        "stripe.StripeClient.v1.customers.create_async",
        "httpx.AsyncClient.get",
        "requests.Request",
        "requests.Session",
        "openai.AsyncOpenAI.chat.completions.create",
        "google.genai.Client.aio.models.generate_content",
        "boto3.resources.base.ServiceResource.Table",
        "kubernetes.client.CoreV1Api.api_client",
        "confluent_kafka.Producer.produce",
        "paho.mqtt.client.Client.loop_start",
        "celery.Task.s",
    ],
)
def test_what_makes_no_request_is_no_row(name: str) -> None:
    """Async twins beside the methods, local computations and what only prepares a call are let alone."""
    assert _TABLE.lookup(name) is None


@pytest.mark.parametrize(
    "name, level",
    [
        ("botocore.client.BaseClient.put_object", "error"),
        ("botocore.client.BaseClient.generate_presigned_url", "all"),
        ("botocore.client.BaseClient.get_paginator", "all"),
        ("celery.Task.delay", "warn"),
        ("celery.result.AsyncResult.get", "error"),
    ],
)
def test_an_exact_row_goes_before_the_star(name: str, level: str) -> None:
    """Any method of an AWS client makes a request, but for those that only prepare one."""
    assert _level(name) == level


@pytest.mark.parametrize(
    "name, keyword",
    [
        ("pexpect.spawn.expect", "async_"),
        ("confluent_kafka.Consumer.poll", "timeout"),
        ("email_validator.validate_email", "check_deliverability"),
    ],
)
def test_an_argument_makes_it_harmless(name: str, keyword: str) -> None:
    """The row knows the argument with which the call does not wait."""
    row = _TABLE.lookup(name)
    assert row is not None
    assert keyword in {unless.keyword for unless in row.unless}
