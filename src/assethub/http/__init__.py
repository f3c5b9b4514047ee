"""What the API and the console both need to answer over HTTP."""
