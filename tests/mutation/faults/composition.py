"""Faults of the composition: corruptions, fusion, missing fields, the weighted loss, evaluation."""

from tests.mutation.fault import faults_of

_CORRUPTIONS = ["tests/models/test_corruptions.py"]

FAULTS = [
    *faults_of(
        "models/corruptions/gaussian_noise.py",
        {
            "noise of half the deviation": ("self.noise * torch.randn_like(x)", "0.5 * self.noise * torch.randn_like(x)"),
            "noise instead of the sample": ("return x + self.noise", "return self.noise"),
        },
        _CORRUPTIONS,
    ),
    *faults_of(
        "models/corruptions/masking.py",
        {
            "visible share masked": ("(torch.rand_like(positions) >= self.share)", "(torch.rand_like(positions) < self.share)"),
            "channels masked apart": ("x[:, :1] if x.dim() >= 4 else x", "x"),
        },
        _CORRUPTIONS,
    ),
    *faults_of(
        "models/corruptions/salt_and_pepper.py",
        {
            "salt alone": ("values = (draws < self.share / 2)", "values = (draws < self.share)"),
            "missing features are filled": ("(draws < self.share) & ~x.isnan()", "(draws < self.share)"),
        },
        _CORRUPTIONS,
    ),
    *faults_of(
        "models/corruptions/occlusion.py",
        {
            "share of the side, not of the area": ("math.sqrt(share) * size", "share * size"),
            "always in the corner": ("torch.randint(0, size - length + 1,", "torch.randint(0, 1,"),
        },
        _CORRUPTIONS,
    ),
    *faults_of(
        "models/corruptions/patch_masking.py",
        {
            "visible patches hidden": ("(order >= hidden)", "(order < hidden)"),
            "one patch too many": ("max(1, round(self.share * rows * columns))", "1 + round(self.share * rows * columns)"),
        },
        _CORRUPTIONS,
    ),
    *faults_of(
        "models/corruptions/dropped_columns.py",
        {"features of a column dropped apart": ("dropped[:, column_of_feature]", "torch.rand_like(x) < self.share")},
        _CORRUPTIONS,
    ),
    *faults_of(
        "models/corruptions/dropped_fields.py",
        {"all fields of a sample hidden": (" & (draws < draws.max(0).values)", "")},
        _CORRUPTIONS,
    ),
    *faults_of(
        "models/corruptions/dropped_steps.py",
        {"steps dropped one by one": ("positions // self.length)[..., None]", "positions % dropped.shape[1])[..., None]")},
        _CORRUPTIONS,
    ),
    *faults_of(
        "models/corruptions/word_dropout.py",
        {"padding becomes a word": (" & ~x[..., 0].isnan()", "")},
        _CORRUPTIONS,
    ),
    *faults_of(
        "models/_windows.py",
        {"window not normalised": ("return weights / weights.sum()", "return weights")},
        _CORRUPTIONS,
    ),
    *faults_of(
        "models/fusions/average.py",
        {
            "fields added up": ("return projected.mean(0)", "return projected.sum(0)"),
            "missing fields count in the mean": ("/ weights.sum(0).clamp_min(1)", "/ len(tokens)"),
            "missing fields are added": ("(weights * projected).sum(0)", "projected.sum(0)"),
        },
        ["tests/models/test_fusions.py", "tests/models/test_partial.py"],
    ),
    *faults_of(
        "models/autoencoder.py",
        {
            "loss of the corrupted input": (
                '"reconstruction": self._nll(outputs, x, present)',
                '"reconstruction": self._nll(outputs, seen, present)',
            ),
            "weights of terms ignored": ("code.weights[name] * term if name in code.weights else term", "term"),
            "corrupted outside training": ("self.corrupt(x) if self.training else x", "self.corrupt(x)"),
            "no corruption in training": ("self.corrupt(x) if self.training else x", "x"),
            "penalties left out": (
                "            code.losses |= self.bottleneck.penalties",
                "            _ = self.bottleneck.penalties",
            ),
            "missing field costs": ("rows = present[name].nonzero().squeeze(1)", "rows = torch.arange(len(outputs[name]))"),
            "missing field reaches the encoder": (
                "torch.where(_expand_mask(present[name], v), v, 0.0) if name in present else v",
                "v",
            ),
        },
        ["tests/models/test_composition.py", "tests/models/test_partial.py"],
    ),
    *faults_of(
        "training/evaluation.py",
        {
            "mean over batches for the mean over samples": (
                "{name: value / len(ids) for name, value in",
                "{name: value / len(ids[:512]) for name, value in",
            ),
            "loss terms of the mean latents": (
                "forward_batches(model, data, ids, draw=True)",
                "forward_batches(model, data, ids)",
            ),
            "corrupted error of clean inputs": (
                "forward_batches(model, data, ids, corrupt=True)\n",
                "forward_batches(model, data, ids)\n",
            ),
        },
    ),
]
