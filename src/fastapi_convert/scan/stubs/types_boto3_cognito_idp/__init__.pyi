# What scan needs to know of types_boto3_cognito_idp.
from mypy_boto3_cognito_idp import CognitoIdentityProviderClient as CognitoIdentityProviderClient
