# What scan needs to know of jira.client.
from jira import JIRA as JIRA
