# What scan needs to know of pymongo.mongo_client.
from pymongo import MongoClient as MongoClient
