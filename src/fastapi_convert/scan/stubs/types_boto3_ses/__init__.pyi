# What scan needs to know of types_boto3_ses.
from mypy_boto3_ses import SESClient as SESClient
