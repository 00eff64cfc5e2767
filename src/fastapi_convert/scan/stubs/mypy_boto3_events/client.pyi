# What scan needs to know of mypy_boto3_events.client.
from mypy_boto3_events import EventBridgeClient as EventBridgeClient
