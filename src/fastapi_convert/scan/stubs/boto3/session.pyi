# What scan needs to know of boto3.session.
from boto3 import Session as Session
