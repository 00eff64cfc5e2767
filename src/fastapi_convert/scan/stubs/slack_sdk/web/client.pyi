# What scan needs to know of slack_sdk.web.client.
from slack_sdk import WebClient as WebClient
