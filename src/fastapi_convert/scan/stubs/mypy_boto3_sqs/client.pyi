# What scan needs to know of mypy_boto3_sqs.client.
from mypy_boto3_sqs import SQSClient as SQSClient
