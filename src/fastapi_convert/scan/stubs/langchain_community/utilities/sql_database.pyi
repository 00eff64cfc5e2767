# What scan needs to know of langchain_community.utilities.sql_database.
from langchain_community.utilities import SQLDatabase as SQLDatabase
