# What scan needs to know of mypy_boto3_sns.client.
from mypy_boto3_sns import SNSClient as SNSClient
