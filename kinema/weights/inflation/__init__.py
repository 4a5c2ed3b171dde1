"""Image networks' weights in video networks: whose they are, how they stretch over frames, which networks refuse."""
