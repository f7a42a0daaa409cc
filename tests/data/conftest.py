"""Lies here so that the tests of this folder and those below find `making`."""
