# What scan needs to know of mypy_boto3_rekognition.
from botocore.client import BaseClient

class RekognitionClient(BaseClient): ...
