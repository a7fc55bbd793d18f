"""The picture: an invented stretch of irrigated desert, and what a satellite would see of it on a day of 2019."""
