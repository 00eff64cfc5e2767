# What scan needs to know of slack_sdk.web.
from slack_sdk import WebClient as WebClient
