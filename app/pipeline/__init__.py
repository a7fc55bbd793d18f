"""The stories: what happens to a request, in order, without detail."""
