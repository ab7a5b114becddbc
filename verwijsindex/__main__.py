"""Lets `python -m verwijsindex` be the program, where nothing has been installed."""

from verwijsindex.command import main

if __name__ == "__main__":
    main(prog_name="verwijsindex")
