# What scan needs to know of mypy_boto3_athena.client.
from mypy_boto3_athena import AthenaClient as AthenaClient
