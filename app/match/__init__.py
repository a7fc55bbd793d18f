"""Does an item fit what is asked for? Periods, places and filters, in pure Python: nothing is opened here."""
