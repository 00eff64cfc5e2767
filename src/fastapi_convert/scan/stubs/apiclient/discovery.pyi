# What scan needs to know of apiclient.discovery.
from googleapiclient.discovery import build as build
