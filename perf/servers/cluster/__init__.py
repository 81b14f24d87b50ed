"""The topology of deploy/ on the loopback, from programs instead of images."""
