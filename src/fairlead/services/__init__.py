"""The core services every module may rely on, each through its `public`."""
