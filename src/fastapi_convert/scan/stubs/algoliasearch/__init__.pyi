# What scan needs to know of algoliasearch.
