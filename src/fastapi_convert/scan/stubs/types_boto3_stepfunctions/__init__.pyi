# What scan needs to know of types_boto3_stepfunctions.
from mypy_boto3_stepfunctions import SFNClient as SFNClient
