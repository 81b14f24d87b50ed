"""The topology of deploy/, run from programs on the loopback instead of images."""
