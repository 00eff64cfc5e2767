# What scan needs to know of types_boto3_events.
from mypy_boto3_events import EventBridgeClient as EventBridgeClient
