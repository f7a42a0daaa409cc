"""Faults of codebooks and of the bottlenecks that have them."""

from tests.mutation.fault import faults_of

FAULTS = [
    *faults_of(
        "models/codebook.py",
        {
            "nearest by the largest distance": ("distances.min(1).indices", "distances.max(1).indices"),
            "distance without the centre's norm": ("centres.square().sum(1), points", "centres.new_zeros(len(centres)), points"),
            "no gradient passes the quantiser": ("tokens + (entries - tokens).detach()", "entries.detach()"),
            "gradient of the entries passes, too": ("tokens + (entries - tokens).detach()", "tokens - tokens.detach() + entries"),
            "decay of hits inverted": ("self.hits.lerp_(counts, 1 - self.decay)", "self.hits.lerp_(counts, self.decay)"),
            "decay of sums inverted": ("self.sums.lerp_(sums, 1 - self.decay)", "self.sums.lerp_(sums, self.decay)"),
            "entries are sums, not means": ("self.sums / self.hits.clamp_min(MIN_HITS)[:, None]", "self.sums"),
            "averages move outside training": (
                "        if self.training:\n            self._update_averages",
                "        if True:\n            self._update_averages",
            ),
            "restarted where often used": ("self.hits < self.restart * fair_share", "self.hits > self.restart * fair_share"),
            "restart by an absolute count": ("self.hits < self.restart * fair_share", "self.hits < self.restart"),
            "restarted entries keep their hits": (
                "self.hits.masked_fill_(unused, fair_share)",
                "self.hits.masked_fill_(unused, 0.0)",
            ),
            "restarted entries keep their sums": ("replacements * fair_share, self.sums", "self.sums, self.sums"),
            "k-means without steps": ("KMEANS_STEPS = 10", "KMEANS_STEPS = 0"),
            "k-means in every batch": ("        self._is_ready = True", "        self._is_ready = False"),
            "cosine entries of any length": ("functional.normalize(entries, dim=1) if self.cosine else entries", "entries"),
            "rotation without the ratio of lengths": ("return scale * (tokens -", "return (tokens -"),
            "rotation is a reflection": ("+ 2 * along_e * unit_q", "- 2 * along_e * unit_q"),
            "rotation counts r once": ("tokens - 2 * along_r * r", "tokens - along_r * r"),
            "codebook start ignores its state": ("book._is_ready = bool(book.ready)", "pass"),
        },
        ["tests/models/bottlenecks/test_vector_quantized.py", "tests/models/test_codebook.py"],
    ),
    *faults_of(
        "models/bottlenecks/vector_quantized.py",
        {
            "commitment without stop-gradient": ("(tokens - entries.detach()).square()", "(tokens - entries).square()"),
            "codebook loss without stop-gradient": ("(tokens.detach() - entries).square()", "(tokens - entries).square()"),
            "commitment without its weight": ('weights={"commitment": self.settings.commitment}', "weights={}"),
            "commitment averaged over tokens": (
                '{"commitment": (tokens - entries.detach()).square().sum((1, 2))}',
                '{"commitment": (tokens - entries.detach()).square().mean((1, 2))}',
            ),
            "decoder sees the tokens": (
                "z=self.from_code(pass_through(tokens, entries, self.settings.rotation))",
                "z=self.from_code(tokens)",
            ),
            "latent of tokens": ("latent=entries.detach().flatten(1)", "latent=tokens.detach().flatten(1)"),
            "points between codes are not quantised": (
                "return self.lookup(nearest(points, self.entries).view(len(latent), -1))",
                "return self.from_code(points.view(len(latent), -1, self.code_dim))",
            ),
            "rotation is ignored": ("entries, self.settings.rotation", "entries, False"),
            "tokens of any length under cosine": ("self._normalise(self.to_code(h).float())", "self.to_code(h).float()"),
        },
    ),
    *faults_of(
        "models/bottlenecks/residual.py",
        {
            "only the last stage is committed": (
                "commitment = commitment + residual.view_as(tokens).square().sum((1, 2))",
                "commitment = residual.view_as(tokens).square().sum((1, 2))",
            ),
            "every stage quantises the token": ("residual = residual - entries", "residual = tokens.flatten(0, 1) - entries"),
            "stages share their numbers": ("indices + stage * self.settings.codebook_size", "indices"),
            "latent is the rest": ("latent=quantized.flatten(1)", "latent=residual.detach().view_as(tokens).flatten(1)"),
            "stages one after the other": ("torch.stack(codes, 1).view", "torch.stack(codes, 0).view"),
            "commitment of stages without its weight": ('weights={"commitment": self.settings.commitment}', "weights={}"),
            "commitment has no gradient": ("residual = residual - entries", "residual = (residual - entries).detach()"),
        },
    ),
    *faults_of(
        "models/bottlenecks/sim_vq.py",
        {
            "entries fixed without the map": ("table = self.transform(self.fixed).float()", "table = self.fixed.float()"),
            "entries with a wrong variance": ("/ settings.code_dim**0.5)", "/ settings.code_dim)"),
            "codebook loss moves the tokens": ('"codebook": (tokens.detach() - entries)', '"codebook": (tokens - entries)'),
            "commitment moves the entries": ('"commitment": (tokens - entries.detach())', '"commitment": (tokens - entries)'),
            "commitment of SimVQ without its weight": ('weights={"commitment": self.settings.commitment}', "weights={}"),
        },
    ),
    *faults_of(
        "models/bottlenecks/finite_scalar.py",
        {
            "no gradient through the rounding": ("bounded + (bounded.round() - bounded).detach()", "bounded.round()"),
            "rounded down": ("(bounded.round() - bounded).detach()", "(bounded.floor() - bounded).detach()"),
            "no offset for even levels": (
                "torch.where(self.levels % 2 == 0, 0.5, 0.0)",
                "torch.where(self.levels % 2 == 0, 0.0, 0.0)",
            ),
            "one level too many": ("half = (self.levels - 1) * (1 + MARGIN) / 2", "half = (self.levels + 1) * (1 + MARGIN) / 2"),
            "index in the wrong order": ("math.prod(levels[:i])", "math.prod(levels[i + 1 :])"),
            "levels not scaled": ("z = rounded / self._half_width", "z = rounded"),
            "codebook size by difference": ("abs(math.log(math.prod(levels) / self.codebook_size))", "-math.prod(levels)"),
        },
    ),
]
