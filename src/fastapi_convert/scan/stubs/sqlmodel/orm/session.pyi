# What scan needs to know of sqlmodel.orm.session.
from sqlmodel import Session as Session
