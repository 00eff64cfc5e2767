# What scan needs to know of urllib3.response.
from urllib3 import HTTPResponse as HTTPResponse
