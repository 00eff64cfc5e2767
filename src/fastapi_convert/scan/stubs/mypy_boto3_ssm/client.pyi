# What scan needs to know of mypy_boto3_ssm.client.
from mypy_boto3_ssm import SSMClient as SSMClient
