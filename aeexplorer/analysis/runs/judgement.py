"""How good a run is beside PCA, in the figure that suits its data and model."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run
from aeexplorer.training.scoring.scores import Score, read_scores

Standing = Literal["better", "close", "worse"]

EXACT_ERROR = 1e-8
"""Error of PCA below which it reconstructs exactly, so that there is nothing to compare with."""
CLOSE_RATIO = 1.1
"""Ratio of the error to that of PCA up to which a model is close to PCA."""
CLOSE_SKILL = 0.01
"""Skill by which a part of the samples may be worse than PCA and still count as equal."""
MIN_SKILL = -1.0
"""Lowest skill of a part in a mean, so that one bad part does not hide all others."""
NATS_PER_FEATURE = 0.05
"""Log-likelihood per feature by which a VAE may be below probabilistic PCA and still be close. An error 1.1 times as large
costs a Gaussian with the best σ about as much."""


@dataclass(frozen=True)
class Judgement:
    """A figure of a run on held-out samples, beside the same figure of PCA.

    Parameters
    ----------
    title
        Name of the figure, such as "Mean squared error".
    split
        Split that it was measured on.
    value, pca
        The figure of the run, and that of PCA (None where PCA has none).
    format_spec
        Format specification of both, as for `format`.
    components
        Number of components of PCA.
    standing
        Whether the run is better than PCA, about as good, or worse; None without a comparison.
    words
        Comparison with PCA in words; empty without one.
    standard_error
        Standard error of the figure over the samples of a small split, see `aeexplorer.training.scoring.uncertainty`.
    """

    title: str
    split: str
    value: float
    pca: float | None
    format_spec: str
    components: int
    standing: Standing | None
    words: str
    standard_error: float | None = None

    @property
    def value_text(self) -> str:
        """The figure as text, with its standard error if there is one."""
        error = "" if self.standard_error is None else f" ± {self.standard_error:{self.format_spec}}"
        return f"{self.value:{self.format_spec}}{error}"

    @property
    def pca_text(self) -> str:
        """The figure of PCA as text; a dash where PCA has none."""
        return "–" if self.pca is None else format(self.pca, self.format_spec)

    @property
    def name(self) -> str:
        """Name of the figure inside a sentence, without its unit."""
        name = self.title.partition(",")[0]
        if name == "Tokens right":
            return "share of right tokens"
        return name if name == "ELBO" else name[:1].lower() + name[1:]

    @property
    def summary(self) -> str:
        """The figure beside that of PCA, in a few words."""
        beside = f" · PCA, {self.components} components: {self.pca_text}" if self.pca is not None else ""
        return f"{self.split} {self.name} {self.value_text}{beside}"


def error_title(modalities: Collection[str], has_categories: bool = False) -> str:
    """Name the error of a sample, see `Modality.error`.

    Parameters
    ----------
    modalities
        Modality of each field.
    has_categories
        Whether a table has categorical columns.
    """
    if len(modalities) > 1:
        return "Mean error over the fields"
    if "text" in modalities:
        return "Share of wrong tokens"
    return "Mean error over the columns" if has_categories else "Mean squared error"


def run_error_title(run: Run) -> str:
    """Name the error of a sample of a finished run."""
    title = dataset_error_title(run.dataset)
    is_old = title == "Share of wrong tokens" and not read_scores(run.metrics)
    return "Squared error of token probabilities" if is_old else title


def dataset_error_title(dataset: Dataset) -> str:
    """Name the error of the samples of a dataset."""
    fields = dataset.fields.values()
    columns = [column for field in fields if field.modality == "tabular" for column in field.meta["columns"]]
    return error_title([f.modality for f in fields], any(column["kind"] == "categorical" for column in columns))


def judge(run: Run) -> Judgement:
    """Judge a finished run beside PCA.

    A denoising model is judged by its error from corrupted inputs, a VAE whose likelihood is a density by its evidence lower
    bound beside probabilistic PCA, a table and samples of several fields part by part, texts by their right tokens, and
    everything else by the mean squared error. PCA has as many components as the code has numbers, for a VAE as many as it has
    active units.

    Raises
    ------
    UserError
        If the run has no results.
    """
    return judge_metrics(run.metrics, run_error_title(run))


def judge_metrics(metrics: Mapping[str, Any], title: str = "Mean squared error") -> Judgement:
    """Judge a run by its metrics, as `judge` does.

    Parameters
    ----------
    metrics
        Metrics of a run, as in ``metrics.json``.
    title
        Name of the error of its samples, see `error_title`.
    """
    split = next(name for name in reversed(SPLITS) if name in metrics)
    values, pca = metrics[split], metrics["pca"]
    baseline = pca.get("active", pca)
    errors = metrics.get("standard_errors", {}).get(split, {})
    scores = read_scores(metrics)
    if title in ("Share of wrong tokens", "Squared error of token probabilities"):
        return _judge_texts(values, scores, split, int(baseline["components"]))
    if "log_likelihood" in baseline and "elbo" in values:
        judgement = _judge_density(values, baseline, int(metrics.get("features", 1)), split)
        return replace(judgement, standard_error=errors.get("elbo"))
    has_one_field = len({score.field for score in scores}) <= 1
    if has_one_field and "corrupted_mse" in values and "corrupted_mse" in baseline:
        judgement = _judge_error(f"{title} from corrupted inputs", values, baseline, "corrupted_mse", split)
        return replace(judgement, standard_error=errors.get("corrupted_mse"))
    if len(scores) > 1:
        return _judge_parts(scores, split, int(baseline["components"]))
    return replace(_judge_error(title, values, baseline, "mse", split), standard_error=errors.get("mse"))


def _judge_error(title: str, values: Mapping[str, Any], baseline: Mapping[str, Any], key: str, split: str) -> Judgement:
    error, pca, components = float(values[key]), float(baseline[key]), int(baseline["components"])
    if pca < EXACT_ERROR:
        return Judgement(title, split, error, pca, ".5f", components, None, "")
    ratio = error / pca
    if ratio > 2:
        words = f"{ratio:,.1f} times PCA's"
    else:
        words = f"{1 - ratio:.0%} below PCA" if ratio <= 1 else f"{ratio - 1:.0%} above PCA"
    return Judgement(title, split, error, pca, ".5f", components, _standing(ratio <= 1, ratio < CLOSE_RATIO), words)


def _judge_density(values: Mapping[str, Any], baseline: Mapping[str, Any], features: int, split: str) -> Judgement:
    elbo, pca = float(values["elbo"]), float(baseline["log_likelihood"])
    words = f"{abs(elbo - pca):,.1f} nats {'above' if elbo >= pca else 'below'} PCA" if abs(elbo - pca) >= 0.05 else "as PCA"
    standing = _standing(elbo >= pca, elbo > pca - NATS_PER_FEATURE * features)
    return Judgement("ELBO, nats per sample", split, elbo, pca, ",.1f", int(baseline["components"]), standing, words)


def _judge_parts(scores: list[Score], split: str, components: int) -> Judgement:
    has_several_fields = len({score.field for score in scores}) > 1
    noun = "parts" if has_several_fields else "columns"
    at_least = sum(score.skill >= score.pca_skill - CLOSE_SKILL for score in scores)
    value = sum(max(score.skill, MIN_SKILL) for score in scores) / len(scores)
    pca = sum(max(score.pca_skill, MIN_SKILL) for score in scores) / len(scores)
    words = f"at least PCA's in {at_least} of {len(scores)} {noun}"
    standing = _standing(2 * at_least > len(scores) or value >= pca, value > pca - 0.1)
    return Judgement(f"Skill, mean over {noun}", split, value, pca, ".3f", components, standing, words)


def _judge_texts(values: Mapping[str, Any], scores: list[Score], split: str, components: int) -> Judgement:
    if not scores:  # a run of a version before 0.6: its error is no share of tokens
        nats = float(values["reconstruction"])
        return Judgement("Cross-entropy, nats per sample", split, nats, None, ".1f", components, None, "")
    value, pca = scores[0].value, scores[0].pca
    words = f"{abs(value - pca) * 100:.1f} points {'above' if value >= pca else 'below'} PCA"
    return Judgement("Tokens right", split, value, pca, ".1%", components, _standing(value >= pca, value > pca - 0.02), words)


def _standing(is_better: bool, is_close: bool) -> Standing:
    return "better" if is_better else "close" if is_close else "worse"
