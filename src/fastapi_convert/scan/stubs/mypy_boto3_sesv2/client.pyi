# What scan needs to know of mypy_boto3_sesv2.client.
from mypy_boto3_sesv2 import SESV2Client as SESV2Client
