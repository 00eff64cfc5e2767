# What scan needs to know of mypy_boto3_stepfunctions.client.
from mypy_boto3_stepfunctions import SFNClient as SFNClient
