# What scan needs to know of types_boto3_sqs.
from mypy_boto3_sqs import (
    SQSClient as SQSClient,
    SQSServiceResource as SQSServiceResource,
)
