# What scan needs to know of fastapi.routing.
from fastapi import APIRouter as APIRouter
