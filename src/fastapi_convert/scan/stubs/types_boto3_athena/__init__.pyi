# What scan needs to know of types_boto3_athena.
from mypy_boto3_athena import AthenaClient as AthenaClient
