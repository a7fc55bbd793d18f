"""The sample catalogue: invented scenes in the form of Sentinel-2, so that Swath shows something without a network."""
