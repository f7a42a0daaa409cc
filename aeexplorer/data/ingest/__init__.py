"""Reading of uploads, in a confined child process, and their storage as datasets."""
