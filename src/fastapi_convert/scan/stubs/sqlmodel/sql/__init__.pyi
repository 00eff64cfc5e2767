# What scan needs to know of sqlmodel.sql.
