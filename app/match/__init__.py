"""Does an item fit what is asked for? Periods, places and filters, without opening anything."""
