"""Migrations run while the version before serves: what they keep waiting, and what they break."""
