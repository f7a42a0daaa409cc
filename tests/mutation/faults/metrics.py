"""Faults of the metrics of runs: reconstruction, likelihood, posteriors, neighbourhoods, probes, disentanglement, codes."""

from tests.mutation.fault import faults_of

FAULTS = [
    *faults_of(
        "analysis/runs/quality/reconstruction.py",
        {
            "PSNR by the natural logarithm": ("errors.clamp_min(MIN_ERROR).log10()", "errors.clamp_min(MIN_ERROR).log()"),
            "PSNR of the root": ("return -10 * errors", "return -20 * errors"),
            "SSIM without its structure": ("* (2 * covariance + c2)", "* (variance_a + variance_b + c2)"),
            "SSIM with exchanged constants": ("(0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2", "(0.03 * PEAK) ** 2, (0.01 * PEAK) ** 2"),
            "SSIM's window of the wrong width": ("(-offsets.square() / (2 * SIGMA**2))", "(-offsets.square() / SIGMA**2)"),
        },
        [
            "tests/analysis/runs/quality/test_reconstruction.py::test_ssim_matches_its_definition",
            "tests/analysis/runs/quality/test_reconstruction.py::test_psnr_in_decibels",
        ],
    ),
    *faults_of(
        "analysis/runs/quality/likelihood.py",
        {
            "IWAE without its log k": ("weights.logsumexp(0) - math.log(len(weights))", "weights.logsumexp(0)"),
            "IWAE is the ELBO": ("weights.logsumexp(0) - math.log(len(weights))", "weights.mean(0)"),
            "draws with the variance": ("noise * (0.5 * code.logvar).exp()", "noise * code.logvar.exp()"),
            "log-weights without the log-variance": ("noise.square() + code.logvar - latents", "noise.square() - latents"),
            "log-weights without the prior": ("+ code.logvar - latents.square())", "+ code.logvar)"),
        },
        ["tests/analysis/runs/quality/test_bounds.py"],
    ),
    *faults_of(
        "analysis/runs/quality/posterior.py",
        {
            "mutual information without log n": ("for part in mixed]) - math.log(n)", "for part in mixed])"),
            "mutual information with the variance": ("noise * (0.5 * logvar).exp()", "noise * logvar.exp()"),
            "own density without the noise": ("-0.5 * (noise.square() + logvar).sum(1)", "-0.5 * logvar.sum(1)"),
        },
        [
            "tests/analysis/runs/quality/test_posterior.py::test_information_of_four_posteriors_equals_the_densities_of_torch",
            "tests/analysis/runs/quality/test_posterior.py::test_gaussian_channel_has_shannons_capacity",
        ],
    ),
    *faults_of(
        "analysis/runs/quality/frechet.py",
        {
            "Fréchet distance of means alone": ("+ max(trace, 0.0))", "+ 0.0)"),
            "Fréchet distance of covariances alone": ("np.square(a.mean(0) - b.mean(0)).sum() +", "0.0 +"),
            "shared covariance once": ("- 2 * np.sqrt(np.maximum(shared, 0)).sum()", "- np.sqrt(np.maximum(shared, 0)).sum()"),
            "root of the covariance not taken": (
                "vectors * np.sqrt(np.maximum(values, 0)) @",
                "vectors * np.maximum(values, 0) @",
            ),
        },
        ["tests/analysis/runs/quality/test_frechet.py::test_distance_matches_its_definition"],
    ),
    *faults_of(
        "analysis/runs/quality/probes.py",
        {
            "nearest neighbour for the majority": ("counts.argmax(1)[:, None]", "0 * counts.argmax(1)[:, None]"),
            "neighbours among the test samples": (
                "nearest(test, train, min(k, len(train)))",
                "nearest(test, test[: len(train)], min(k, len(test)))",
            ),
            "least frequent label": ("counts.argmax(1)", "counts.argmin(1)"),
            "probe fitted on the test split": ("probe.fit(train, labels)", "probe.fit(test, truth)"),
        },
        [
            "tests/analysis/runs/quality/test_probes.py::test_linear_probe_is_fitted_on_the_training_samples_alone",
            "tests/analysis/runs/quality/test_probes.py::test_votes_of_the_nearest_are_counted_and_ties_go_to_the_nearest",
        ],
    ),
    *faults_of(
        "analysis/runs/quality/disentanglement.py",
        {
            "MIG by the third best latent": (
                "(shared[1] if len(shared) > 1 else 0.0)) /",
                "(shared[-1] if len(shared) > 1 else 0.0)) /",
            ),
            "MIG not divided by the entropy": (" / _information(truth, truth))", ")"),
            "equally wide bins": (
                "np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))",
                "np.linspace(values.min(), values.max(), BINS + 1)[1:-1]",
            ),
            "information of the joint entropy": ("np.log(joint[occurs] / expected[occurs])", "-np.log(joint[occurs])"),
            "SAP of the best latent": ("gaps.append(scores[0] - (scores[1] if", "gaps.append(scores[0] - (0.0 if"),
            "SAP by the correlation": (".mean(0) ** 2 / (centred**2).mean())", ".mean(0) / (centred**2).mean() ** 0.5)"),
            "SAP's plain accuracy": (
                "float(np.mean([correct[factor.values == kind].mean() for kind in np.unique(factor.values)]))",
                "float(correct.mean())",
            ),
            "disentanglement unweighted": ("float(weights @ (1 - _entropies(shares)))", "float((1 - _entropies(shares)).mean())"),
            "completeness of latents": ("(1 - _entropies(shares.T)).mean()", "(1 - _entropies(shares)).mean()"),
            "informativeness on the training split": (
                "forest.score(test, held_out.values)",
                "forest.score(train, factor.values)",
            ),
            "entropy not divided by its maximum": (".sum(1) / np.log(rows.shape[1])", ".sum(1)"),
        },
        ["tests/analysis/runs/quality/test_scores_of_factors.py", "tests/analysis/runs/quality/test_disentanglement.py"],
    ),
    *faults_of(
        "analysis/neighbours.py",
        {
            "ranks from zero": ("np.searchsorted(*pair) + 1", "np.searchsorted(*pair)"),
            "excess beyond k not cut at zero": ("np.maximum(ranks - k, 0)", "np.abs(ranks - k)"),
            "normalised by 3k + 1": ("(2 * n - 3 * k - 1)", "(2 * n - 3 * k + 1)"),
            "squares for distances": ("return rows, np.sqrt(np.maximum(squares, 0, dtype=np.float32))", "return rows, squares"),
            "a point is its own neighbour": (
                "    others = rows != np.arange(len(points))[:, None]",
                "    others = np.arange(k + 1)[None] < k + 0 * rows",
            ),
            "own rank counts": ("squares[block, block + start] = np.inf", "squares[block, block + start] += 0"),
            "penalties exchanged": (
                "return _excess_ranks(high, low, k), _excess_ranks(low, high, k)",
                "return _excess_ranks(low, high, k), _excess_ranks(high, low, k)",
            ),
            "continuity is trustworthiness": (
                "return trustworthiness(low, high, k, seed)",
                "return trustworthiness(high, low, k, seed)",
            ),
        },
    ),
    *faults_of(
        "analysis/runs/quality/codebook.py",
        {
            "bits in nats of codes": ("share * np.log2(share)", "share * np.log(share)"),
            "bits of all positions together": ("for position in codes.T:", "for position in [codes.ravel()]:"),
        },
        ["tests/analysis/runs/quality/test_probes.py::test_code_bits"],
    ),
    *faults_of(
        "analysis/codes/codebook.py",
        {
            "perplexity of the wrong sign": ("np.exp(-(share * np.log(share)).sum())", "np.exp((share * np.log(share)).sum())"),
            "perplexity by two": ("np.exp(-(share * np.log(share)).sum())", "2 ** (-(share * np.log(share)).sum())"),
            "rarest entries first": ("np.argsort(-self.counts, kind", "np.argsort(self.counts, kind"),
        },
        [
            "tests/analysis/codes/test_codebook.py::test_perplexity_of_uniform_and_single_usage",
            "tests/analysis/codes/test_codebook.py::test_usage_of_five_entries_by_hand",
        ],
    ),
    *faults_of(
        "analysis/codes/relations.py",
        {
            "co-occurrence counts positions": (
                "contains[rows, columns[rows, positions]] = True",
                "contains[rows[:1], columns[rows[:1], positions[:1]]] = True",
            ),
        },
    ),
    *faults_of(
        "analysis/runs/quality/texts.py",
        {
            "no smoothing of frequencies": ("counts = np.ones(size)", "counts = np.full(size, 1e-9)"),
            "padding is a token": ("    counts[PADDING] = 0\n", ""),
            "any token right": ("(correct == is_token).all(1)", "(correct == is_token).any(1)"),
        },
    ),
]
