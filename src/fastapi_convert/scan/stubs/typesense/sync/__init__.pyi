# What scan needs to know of typesense.sync.
