# What scan needs to know of types_boto3_sts.
from mypy_boto3_sts import STSClient as STSClient
