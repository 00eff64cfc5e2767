# What scan needs to know of types_boto3_sesv2.
from mypy_boto3_sesv2 import SESV2Client as SESV2Client
