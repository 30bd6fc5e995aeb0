"""Adapters against the real SDK: moto in process, the simulator, or a loopback server."""
