# What scan needs to know of mistralai.
from mistralai.client import Mistral as Mistral
