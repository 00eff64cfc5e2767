# What scan needs to know of mypy_boto3_rekognition.client.
from mypy_boto3_rekognition import RekognitionClient as RekognitionClient
