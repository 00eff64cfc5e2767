# What scan needs to know of mypy_boto3_cloudwatch.client.
from mypy_boto3_cloudwatch import CloudWatchClient as CloudWatchClient
