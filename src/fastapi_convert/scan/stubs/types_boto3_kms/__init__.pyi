# What scan needs to know of types_boto3_kms.
from mypy_boto3_kms import KMSClient as KMSClient
