# What scan needs to know of types_boto3_sns.
from mypy_boto3_sns import (
    SNSClient as SNSClient,
    SNSServiceResource as SNSServiceResource,
)
