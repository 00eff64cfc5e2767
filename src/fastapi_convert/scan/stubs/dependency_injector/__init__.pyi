# What scan needs to know of dependency_injector.
