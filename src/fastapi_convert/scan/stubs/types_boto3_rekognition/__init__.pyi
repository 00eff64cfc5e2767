# What scan needs to know of types_boto3_rekognition.
from mypy_boto3_rekognition import RekognitionClient as RekognitionClient
