"""The command line, the demo, and the stack that runs on this machine."""
