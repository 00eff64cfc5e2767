"""Run the synchronous functions you have off the event loop: bounded, cancellable, with their signatures kept."""
