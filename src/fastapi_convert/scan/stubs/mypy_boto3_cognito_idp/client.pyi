# What scan needs to know of mypy_boto3_cognito_idp.client.
from mypy_boto3_cognito_idp import CognitoIdentityProviderClient as CognitoIdentityProviderClient
