# What scan needs to know of mypy_boto3_textract.client.
from mypy_boto3_textract import TextractClient as TextractClient
