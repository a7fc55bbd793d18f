"""Numbers to numbers: band expressions and whatever else turns arrays into arrays. Opens no file and no socket."""
