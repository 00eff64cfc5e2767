# What scan needs to know of mypy_boto3_ses.client.
from mypy_boto3_ses import SESClient as SESClient
