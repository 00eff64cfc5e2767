# What scan needs to know of mypy_boto3_sts.client.
from mypy_boto3_sts import STSClient as STSClient
