"""Does it stay safe and calm? Every demand on a server that strangers aim, as a black box over HTTP."""
