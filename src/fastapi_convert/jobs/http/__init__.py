"""Jobs over HTTP: the router, the endpoints that submit, events, and the board."""
