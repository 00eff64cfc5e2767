# What scan needs to know of mypy_boto3_cognito_idp.
from botocore.client import BaseClient

class CognitoIdentityProviderClient(BaseClient): ...
