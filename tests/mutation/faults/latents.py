"""Faults of what is computed from latents, maps and samples: concepts, paths, clusters, filters, selections."""

from tests.mutation.fault import faults_of

FAULTS = [
    *faults_of(
        "analysis/latents/concepts.py",
        {
            "held-out AUC fitted on all samples": ("find(a[a_folds != fold], b[b_folds != fold])", "find(a, b)"),
            "AUC on the samples of the fit": (
                "_auc(a[a_folds == fold] @ vector, b[b_folds == fold] @ vector)",
                "_auc(a[a_folds != fold] @ vector, b[b_folds != fold] @ vector)",
            ),
            "AUC without the ranks of its own": ("ranks.sum() - len(positive) * (len(positive) + 1) / 2", "ranks.sum()"),
            "ties count as won": (
                "ranks = rankdata(np.concatenate([positive, negative]))",
                'ranks = rankdata(np.concatenate([positive, negative]), "max")',
            ),
            "direction to the samples without it": (
                "a.mean(0) - b.mean(0)\n    return difference",
                "b.mean(0) - a.mean(0)\n    return difference",
            ),
            "normal not scaled back": ("model.coef_[0] / deviation", "model.coef_[0] * deviation"),
            "direction of unit length": ("return unit * float((a.mean(0) - b.mean(0)) @ unit)", "return unit"),
            "arithmetic a + b − c": ("(z_a - z_b + z_c)", "(z_a + z_b - z_c)"),
            "excluded sample is a neighbour": ("~np.isin(ids[rows[0]], excluded)", "ids[rows[0]] >= 0"),
        },
        ["tests/analysis/latents/test_directions.py"],
    ),
    *faults_of(
        "analysis/latents/paths.py",
        {
            "slerp without its norm": ("directions * ((1 - t) * norms[0] + t * norms[1])", "directions * norms[0]"),
            "slerp without sines": (
                "(np.sin((1 - t) * angle) * a + np.sin(t * angle) * b)",
                "((1 - t) * angle * a + t * angle * b)",
            ),
            "slerp not divided": (" / np.sin(angle)", ""),
            "linear path from the end": ("return (1 - t) * start + t * end", "return t * start + (1 - t) * end"),
        },
        ["tests/analysis/latents/test_paths.py"],
    ),
    *faults_of(
        "analysis/latents/geodesics.py",
        {
            "length of latents": (
                "np.linalg.norm(np.diff(decoder(latents), axis=0), axis=1)",
                "np.linalg.norm(np.diff(latents, axis=0), axis=1)",
            ),
            "length of the last step": (
                "return float(decoded_steps(decoder, latents).sum())",
                "return float(decoded_steps(decoder, latents)[-1])",
            ),
            "graph without a chain": ("np.stack([chain[:-1], chain[1:]], 1)]", "np.stack([chain[:1], chain[:1]], 1)]"),
        },
        [
            "tests/analysis/latents/test_geodesics.py::test_a_geodesic_goes_around_a_hill_and_is_shorter_than_the_straight_line",
            "tests/analysis/latents/test_geodesics.py::test_distant_groups_are_connected",
        ],
    ),
    *faults_of(
        "analysis/latents/traversal.py",
        {
            "moves from the sample, not the mean": ("self.mean[dimension] + deviations *", "latent[dimension] + deviations *"),
            "moves in variances": ("deviations * self.deviation[dimension]", "deviations * self.deviation[dimension] ** 2"),
            "deviations without the mean": ("(latent - self.mean) / self.deviation", "latent / self.deviation"),
        },
        ["tests/analysis/latents/test_spread.py"],
    ),
    *faults_of(
        "analysis/latents/dimensions.py",
        {"least informative first": ("np.argsort(-(self.variance if", "np.argsort((self.variance if")},
        ["tests/analysis/latents/test_dimensions.py::test_dimensions_are_ordered_by_kl_or_else_by_variance"],
    ),
    *faults_of(
        "analysis/maps/clusters.py",
        {
            "every peak is a cluster": ("level[low] - level[cell] < prominence * level[low]", "level[low] - level[cell] < 0"),
            "one cluster": ("level[low] - level[cell] < prominence * level[low]", "level[low] >= 0"),
            "lowest neighbour": ("max(uphill, key=level.__getitem__)", "min(uphill, key=level.__getitem__)"),
        },
        ["tests/analysis/maps/test_clusters.py::test_only_prominent_peaks_are_kept"],
    ),
    *faults_of(
        "analysis/maps/density.py",
        {
            "rows and columns exchanged": (".astype(np.int64)[:, ::-1]", ".astype(np.int64)"),
            "average not divided": ("return smooth_sums / np.maximum(smooth_weights, 1e-12)", "return smooth_sums"),
            "missing values average as zero": (
                "np.add.at(weights, tuple(self.cells[is_known].T), 1)",
                "np.add.at(weights, tuple(self.cells.T), 1)",
            ),
            "cell counted once": ("np.add.at(counts, tuple(cells.T), 1)", "counts[tuple(cells.T)] = 1"),
        },
        ["tests/analysis/maps/test_density.py"],
    ),
    *faults_of(
        "analysis/maps/alignment.py",
        {
            "rotation transposed": ("Alignment(u @ vt,", "Alignment((u @ vt).T,"),
            "no scale": ("float(values.sum() / source_spread) or 1.0", "1.0"),
            "disparity not squared": (
                "1 - values.sum() ** 2 / (source_spread * goal_spread)",
                "1 - values.sum() / (source_spread * goal_spread) ** 0.5",
            ),
            "not moved to the target": ("@ self.rotation + self.target", "@ self.rotation + self.centre"),
        },
    ),
    *faults_of(
        "analysis/maps/overlap.py",
        {
            "overlap of k neighbours": ("shared / (2 * k - shared)", "shared / k"),
            "shared neighbours from the overlap": ("2 * self.k * self.values / (1 + self.values)", "self.k * self.values"),
        },
        [
            "tests/analysis/maps/test_overlap.py::test_jaccard_agrees_with_sets_of_neighbours",
            "tests/analysis/maps/test_overlap.py::test_the_number_of_shared_neighbours_follows_from_the_index",
        ],
    ),
    *faults_of(
        "analysis/maps/placing.py",
        {
            "mean of all neighbours": ("[:, :group_size]\n", "[:, :k]\n"),
            "loosest group": ("radii.argmin(1)", "radii.argmax(1)"),
        },
    ),
    *faults_of(
        "analysis/maps/projections/pca.py",
        {
            "axes of the least variance": ("(size - n_components, size - 1)", "(0, n_components - 1)"),
            "second axis first": ("components = vectors.T[::-1]", "components = vectors.T"),
            "projected without centring": ("Layout((centred @ plane[1:].T)", "Layout((latents @ plane[1:].T)"),
            "mirrored maps": ("np.where(largest < 0, -1, 1)", "1"),
        },
    ),
    *faults_of(
        "analysis/samples/errors.py",
        {
            "fence of three ranges": ("FENCE_IQRS = 1.5", "FENCE_IQRS = 3.0"),
            "outliers without logarithm": ("np.log(np.maximum(errors[ids], np.finfo(np.float32).tiny))", "errors[ids]"),
            "fence from the first quartile": ("upper + FENCE_IQRS", "lower + FENCE_IQRS"),
            "smallest outlier first": ("np.argsort(-errors[beyond]", "np.argsort(errors[beyond]"),
            "bins up to the highest error": ("[0, TAIL_QUANTILE]", "[0, 1]"),
        },
    ),
    *faults_of(
        "analysis/samples/similar.py",
        {
            "cosine of half the gap": ("np.square(gap).sum(1) / 2", "np.square(gap).sum(1)"),
        },
        ["tests/analysis/samples/test_similar.py::test_cosine_depends_on_directions_only"],
    ),
    *faults_of(
        "analysis/samples/statistics.py",
        {
            "every identical sample leaks": ("if (splits == 0).any() else 0", "if True else 0"),
            "training samples leak": ("int((splits != 0).sum())", "int((splits == 0).sum())"),
            "first of a group is repeated": ("len(group) - 1 for group", "len(group) for group"),
        },
        ["tests/analysis/samples/test_statistics.py::test_duplicates_are_grouped_and_leaks_are_counted"],
    ),
    *faults_of(
        "analysis/samples/filtering.py",
        {
            "≤ as <": ('"le": Operator("≤", _NUMBER, pc.less_equal)', '"le": Operator("≤", _NUMBER, pc.less)'),
            "≥ as >": ('"ge": Operator("≥", _NUMBER, pc.greater_equal)', '"ge": Operator("≥", _NUMBER, pc.greater)'),
            "< as ≤": ('"lt": Operator("<", _NUMBER, pc.less)', '"lt": Operator("<", _NUMBER, pc.less_equal)'),
            "> as ≥": ('"gt": Operator(">", _NUMBER, pc.greater)', '"gt": Operator(">", _NUMBER, pc.greater_equal)'),
            "is as is not": ('"is": Operator("is", _TEXT, pc.equal)', '"is": Operator("is", _TEXT, pc.not_equal)'),
            "missing values match": (
                "np.asarray(operator.function(values, value).fill_null(False))",
                "np.asarray(operator.function(values, value).fill_null(True))",
            ),
            "all as any": ("np.any(matches, 0) if condition_filter.any else np.all(matches, 0)", "np.any(matches, 0)"),
        },
        ["tests/analysis/samples/test_filtering.py"],
    ),
    *faults_of(
        "ui/session/selection.py",
        {
            "replaced selection keeps its version": ("else ids, self.version + 1)", "else ids, self.version)"),
            "older event wins": ("event.version <= self.version", "event.version < self.version"),
            "first event wins": ("event = max(events, key=", "event = min(events, key="),
            "equal selection is a new one": ("return self if other.packed == self.packed else other", "return other"),
            "cleared selection stays": (
                "Selection(_NONE if event.selected is None else event.selected, event.version)",
                "Selection(self.ids if event.selected is None else event.selected, event.version)",
            ),
        },
    ),
]
