# What scan needs to know of atlassian.confluence.
from atlassian import Confluence as Confluence
