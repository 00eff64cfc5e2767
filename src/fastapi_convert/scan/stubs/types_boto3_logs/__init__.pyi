# What scan needs to know of types_boto3_logs.
from mypy_boto3_logs import CloudWatchLogsClient as CloudWatchLogsClient
