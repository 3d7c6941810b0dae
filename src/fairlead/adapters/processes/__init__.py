"""Programs on this host, through a launcher process of ours."""
