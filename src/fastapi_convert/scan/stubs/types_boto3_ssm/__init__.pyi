# What scan needs to know of types_boto3_ssm.
from mypy_boto3_ssm import SSMClient as SSMClient
