"""The nouns: plain, frozen values that rooms exchange. They know nothing of HTTP, files or sockets."""
