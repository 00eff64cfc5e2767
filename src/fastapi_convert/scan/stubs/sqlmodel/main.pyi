# What scan needs to know of sqlmodel.main.
from sqlmodel import SQLModel as SQLModel
