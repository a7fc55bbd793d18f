"""Which pixels to read: headers and a frame become a grid and planned reads. Pure: nothing is opened here."""
