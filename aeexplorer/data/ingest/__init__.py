"""How uploads become datasets: a confined child process reads them."""
