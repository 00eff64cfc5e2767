# What scan needs to know of fastapi.applications.
from fastapi import FastAPI as FastAPI
