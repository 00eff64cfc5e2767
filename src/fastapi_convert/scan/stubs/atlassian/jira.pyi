# What scan needs to know of atlassian.jira.
from atlassian import Jira as Jira
