# What scan needs to know of types_boto3_textract.
from mypy_boto3_textract import TextractClient as TextractClient
