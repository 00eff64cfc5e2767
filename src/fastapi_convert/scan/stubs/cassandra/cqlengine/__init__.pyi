# What scan needs to know of cassandra.cqlengine.
