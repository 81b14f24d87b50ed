"""The serving process is killed while people chat; no message may be lost or charged twice."""
