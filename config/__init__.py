"""The settings of each program, read once at start; an unknown key stops the program."""
