"""The frame: settings, command line, starting and stopping processes, wiring."""
