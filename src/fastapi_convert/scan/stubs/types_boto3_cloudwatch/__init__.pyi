# What scan needs to know of types_boto3_cloudwatch.
from mypy_boto3_cloudwatch import CloudWatchClient as CloudWatchClient
