"""Generated heartbeats of known rate and rhythm. Some have a known fault, which reconstruction errors or a map should reveal."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import BuiltinDataset, DatasetContent, Progress, sources
from aeexplorer.data.split import SplitSettings, stratified_split
from aeexplorer.data.tabular import column, with_statistics

COUNT, STEPS, SEED = 2000, 96, 0
RHYTHMS = ("normal", "broad", "flat T", "no P")
FAULTS = ("missing beat", "spike", "dropout", "noise burst")
FAULTY_SHARE = 0.06
_WAVES = {  # P, Q, R, S, T: centre (in beats, from the R wave), width (in beats), height (in millivolt)
    "normal": ((-0.20, 0.035, 0.15), (-0.035, 0.014, -0.15), (0.0, 0.018, 1.1), (0.035, 0.014, -0.25), (0.30, 0.06, 0.32)),
    "broad": ((-0.24, 0.035, 0.15), (-0.07, 0.03, -0.10), (0.0, 0.05, 0.9), (0.10, 0.04, -0.45), (0.36, 0.07, -0.25)),
    "flat T": ((-0.20, 0.035, 0.15), (-0.035, 0.014, -0.15), (0.0, 0.018, 1.0), (0.035, 0.014, -0.30), (0.30, 0.06, 0.03)),
    "no P": ((-0.035, 0.014, -0.15), (0.0, 0.018, 1.1), (0.035, 0.014, -0.25), (0.30, 0.06, 0.32)),
}
_PULSE = ((0.38, 0.09, 34.0), (0.62, 0.10, 13.0))  # main and dicrotic wave of the blood pressure, in mmHg above 80
_BEATS = np.arange(-2, 8)


def beat(rhythm: str, rate: float, phase: float, strength: float) -> np.ndarray:
    """Generate an electrocardiogram (millivolt) and a blood pressure (mmHg): float64 ``(96, 2)``.

    Signals are sums of Gaussians at fixed positions in each beat (McSharry et al. 2003, IEEE TBME 50:289).

    Parameters
    ----------
    rhythm
        One of `RHYTHMS`.
    rate
        Number of beats in the 96 steps.
    phase
        Position of the first R wave, in beats.
    strength
        Factor of all waves.
    """
    time = np.arange(STEPS) * rate / STEPS - phase
    return strength * np.stack([_sum_of_waves(time, _WAVES[rhythm]), _sum_of_waves(time, _PULSE)], 1) + np.array([0.0, 80.0])


def _sum_of_waves(time: np.ndarray, waves: tuple[tuple[float, float, float], ...]) -> np.ndarray:
    positions = time[:, None] - _BEATS  # (steps, beats)
    gaussians = (height * np.exp(-0.5 * ((positions - centre) / width) ** 2) for centre, width, height in waves)
    return sum(gaussians, np.zeros_like(positions)).sum(1)


def _add_fault(signal: np.ndarray, fault: str, start: int, rng: np.random.Generator) -> None:
    """Add a fault to a signal ``(96, 2)`` in place, from a step on."""
    part = slice(start, start + 16)
    if fault == "missing beat":
        signal[part] = (0.0, 80.0)
    elif fault == "spike":
        signal[start : start + 2, 0] += rng.choice((-1.2, 1.2))
    elif fault == "dropout":
        signal[part] = signal[start]
    else:
        signal[part] += rng.normal(size=(len(signal[part]), 2)) * (0.35, 9.0)


def _build(progress: Progress) -> DatasetContent:
    rng = np.random.default_rng(SEED)
    kinds = rng.permutation(np.arange(COUNT) % len(RHYTHMS))
    rate, phase, strength = rng.uniform(1.6, 2.6, COUNT), rng.uniform(0.2, 0.8, COUNT), rng.uniform(0.8, 1.2, COUNT)
    faulty = rng.random(COUNT) < FAULTY_SHARE
    faults = np.where(faulty, np.array(FAULTS)[rng.integers(0, len(FAULTS), COUNT)], "none")
    start = rng.integers(8, STEPS - 24, COUNT)
    signals = np.empty((COUNT, STEPS, 2), np.float32)
    for i in range(COUNT):
        if i % 500 == 0:
            progress(i / COUNT, f"heartbeat {i:,} of {COUNT:,}")
        signal = beat(RHYTHMS[kinds[i]], rate[i], phase[i], strength[i])
        if faulty[i]:
            _add_fault(signal, str(faults[i]), int(start[i]), rng)
        signals[i] = signal + rng.normal(size=signal.shape) * (0.015, 0.4)
    split = stratified_split(kinds, COUNT, SplitSettings())
    columns = with_statistics(signals, [column("ECG (mV)"), column("pressure (mmHg)")], split == 0)
    table = pa.table(
        {
            "source": sources("heartbeat", COUNT),
            "label": pa.array(np.array(RHYTHMS)[kinds].tolist(), pa.string()),
            "anomaly": pa.array(np.where(faulty, "yes", "no").tolist(), pa.string()),
            "fault": pa.array(faults.tolist(), pa.string()),
            "fault at step": pa.array(start.astype(np.float64), mask=~faulty),
            "rate": rate.round(3),
            "phase": phase.round(3),
            "strength": strength.round(3),
        }
    )
    return DatasetContent({"series": NewField("series", signals, {"columns": columns})}, table, split)


DATASET = BuiltinDataset(
    "heartbeats",
    "Heartbeats",
    "2,000 generated series of 96 steps: an electrocardiogram and a blood pressure, in four rhythms; 6 % have a fault.",
    _build,
)
