"""Does Swath answer as TiTiler does? The same requests to both, their answers compared, every difference explained."""
