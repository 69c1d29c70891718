"""Looking through a film before it is colored: cuts, a frame of each shot, where stills belong, shot lists."""
