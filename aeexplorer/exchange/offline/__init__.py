"""A run's map as one HTML file that works without a network: points, pictures, and a decoder that runs in the browser."""
