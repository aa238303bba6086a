"""Pages over HTTP: today the simulator, later the leaders' desk."""
