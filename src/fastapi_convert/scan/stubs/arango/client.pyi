# What scan needs to know of arango.client.
from arango import ArangoClient as ArangoClient
