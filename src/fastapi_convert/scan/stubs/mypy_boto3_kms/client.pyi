# What scan needs to know of mypy_boto3_kms.client.
from mypy_boto3_kms import KMSClient as KMSClient
