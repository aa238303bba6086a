"""The running process: transports, dispatcher, relay, clock, command line."""
