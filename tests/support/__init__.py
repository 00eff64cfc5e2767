"""What tests share: real servers, leak checks, event-loop gaps, waiting. Described in CONTRIBUTING.md."""
