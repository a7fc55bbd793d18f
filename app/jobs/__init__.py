"""What was asked for that takes longer than a request? Jobs, kept in a file that the workers of a server share."""
