# What scan needs to know of mypy_boto3_logs.client.
from mypy_boto3_logs import CloudWatchLogsClient as CloudWatchLogsClient
