"""Faults of the likelihoods and of the losses of modalities."""

from tests.mutation.fault import faults_of

_TESTS = ["tests/models/test_likelihoods.py"]

FAULTS = [
    *faults_of(
        "models/likelihoods/base.py",
        {
            "unknown features count": (
                "nats.sum(1) if known is None else nats.where(known, 0.0).sum(1)",
                "nats.nan_to_num(0.0).sum(1)",
            ),
            "unknown features have a gradient": ("x.where(known, output.detach())", "x.where(known, 0.0)"),
        },
        _TESTS,
        {
            "unknown features have a gradient": "sum_known leaves unknown features out afterwards, so that the value put in "
            "their place (any finite number) reaches neither the loss nor the gradient.",
        },
    ),
    *faults_of(
        "models/likelihoods/bernoulli.py",
        {
            "squared error for the cross-entropy": (
                'functional.binary_cross_entropy_with_logits(output, target, reduction="none")',
                "(output.sigmoid() - target).square()",
            ),
            "probabilities taken for logits": ("return output.sigmoid()", "return output"),
        },
        _TESTS,
    ),
    *faults_of(
        "models/likelihoods/continuous_bernoulli.py",
        {
            "no normalising constant": ("cross_entropy - log_constant(output)", "cross_entropy"),
            "constant with the wrong sign": ("cross_entropy - log_constant(output)", "cross_entropy + log_constant(output)"),
            "series with a wrong term": ("7 * u**4 / 90", "7 * u**4 / 80"),
            "mean of the Bernoulli": ("0.5 + 0.5 * torch.where(", "output.sigmoid() + 0.0 * torch.where("),
        },
        _TESTS,
    ),
    *faults_of(
        "models/likelihoods/gaussian.py",
        {
            "sigma not squared": ("0.5 * squares / sigma**2", "0.5 * squares / sigma"),
            "squared error without its half": ("0.5 * squares / sigma**2", "squares / sigma**2"),
            "no log sigma": ("count * (log_sigma + 0.5 * math.log(2 * math.pi))", "count * (0.5 * math.log(2 * math.pi))"),
            "no constant of the Gaussian": ("count * (log_sigma + 0.5 * math.log(2 * math.pi))", "count * log_sigma"),
            "missing features in the count": ("square().sum(1), known.sum(1)", "square().sum(1), known.shape[1]"),
        },
        _TESTS,
    ),
    *faults_of(
        "models/likelihoods/laplace.py",
        {
            "scale of the deviation": ("errors / self.scale +", "errors / (self.scale / 2**0.5) +"),
            "constant of half the scale": ("math.log(2 * self.scale)", "math.log(self.scale)"),
        },
        _TESTS,
    ),
    *faults_of(
        "models/likelihoods/huber.py",
        {
            "quadratic everywhere": ("delta=self.delta)  # (B, F)", "delta=1e9)  # (B, F)"),
            "errors not in units of sigma": ("output / self.sigma, target / self.sigma", "output, target"),
            "constant without the tails": (" + 2 / delta * math.exp(-0.5 * delta**2)", ""),
        },
        _TESTS,
    ),
    *faults_of(
        "models/likelihoods/learned_sigma.py",
        {
            "sigma without a gradient": (
                "self.log_sigma.clamp_min(MIN_LOG_SIGMA)",
                "self.log_sigma.detach().clamp_min(MIN_LOG_SIGMA)",
            )
        },
        _TESTS,
    ),
    *faults_of(
        "models/likelihoods/optimal_sigma.py",
        {
            "sigma squared for sigma": ("log_sigma = 0.5 * (squares.sum()", "log_sigma = (squares.sum()"),
            "sigma of the batch in evaluation": ("        if self.training:", "        if True:"),
            "average follows a batch at once": ("AVERAGE_WEIGHT = 0.02", "AVERAGE_WEIGHT = 1.0"),
            "best sigma without a gradient": ("log_sigma = 0.5 * (squares.sum()", "log_sigma = 0.5 * (squares.detach().sum()"),
        },
        _TESTS,
        {
            "best sigma without a gradient": "At σ² = mean squared error, ∂nll/∂σ = 0 (it is the minimum over σ), so the "
            "gradient of the loss averaged over the batch is the same with and without the path through σ.",
        },
    ),
    *faults_of(
        "models/likelihoods/column_sigma.py",
        {
            "one σ for all columns": (
                "(squares.sum(0) + PRIOR_SAMPLES * self.variance)",
                "(squares.sum(0).mean() + PRIOR_SAMPLES * self.variance)",
            ),
            "σ without its prior": ("PRIOR_SAMPLES = 32", "PRIOR_SAMPLES = 1"),
            "missing values count for σ": ("count = is_known.to(squares.dtype)", "count = torch.ones_like(squares)"),
            "average of σ by the sum": ("mean = squares.sum(0) / total.clamp_min(1)", "mean = squares.sum(0)"),
        },
        _TESTS,
    ),
    *faults_of(
        "models/likelihoods/ssim.py",
        {
            "similarity of brightness alone": ("(luminance * structure).flatten", "luminance.flatten"),
            "constants exchanged": ("C1, C2 = 0.01**2, 0.03**2", "C1, C2 = 0.03**2, 0.01**2"),
            "covariance without the means": ("smooth(a * b, window) - mean_a * mean_b", "smooth(a * b, window)"),
            "loss of similarity": ("1 - ssim(output", "ssim(output"),
            "window too narrow": ("WINDOW_SIGMA = 1.5", "WINDOW_SIGMA = 1.0"),
        },
        [*_TESTS],
    ),
    *faults_of(
        "modalities/tabular.py",
        {
            "categories without cross-entropy": (
                "nats = nats - (logit.log_softmax(1)",
                "nats = nats - 0 * (logit.log_softmax(1)",
            ),
            "missing category costs": ("one_hot.nan_to_num(0.0)).sum(1)", "one_hot.nan_to_num(1.0)).sum(1)"),
            "softmax over the batch": ("logit.log_softmax(1)", "logit.log_softmax(0)"),
            "span not divided by": ("- low) / span]", "- low)]"),
            "missing category is the first": ("torch.where(index.isnan()[:, None], torch.nan, one_hot)", "one_hot"),
            "one-hot entries count as columns": ("block.sum(1, keepdim=True) / 2 for block", "block / 2 for block"),
            "Brier score not halved": ("block.sum(1, keepdim=True) / 2 for block", "block.sum(1, keepdim=True) for block"),
        },
    ),
    *faults_of(
        "modalities/base.py",
        {"squared error summed": ("return squares.mean(1) if self.complete", "return squares.sum(1) if self.complete")},
        ["tests/training/test_evaluation.py"],
    ),
    *faults_of(
        "modalities/base.py",
        {"missing values make the error missing": ("else squares.nanmean(1)", "else squares.mean(1)")},
        ["tests/modalities/test_series.py::test_error_is_the_mean_square_over_the_known_steps"],
    ),
]
