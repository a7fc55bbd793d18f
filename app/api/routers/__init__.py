"""One file per resource; each route reads its parameters, calls one story and makes a response."""
