"""Autoregressive prior: a small recurrent network predicts each code from the codes before it.

The VQ-VAE uses a PixelCNN for the same purpose (van den Oord et al. 2017, arXiv:1711.00937).
"""

from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.analysis.codes.codebook import codes_of
from aeexplorer.analysis.generation.base import FittedPrior, Prior, fit_ids
from aeexplorer.training.run import Run

WIDTH, HIDDEN = 64, 128
BATCH, LEARNING_RATE, DROPOUT = 64, 4e-3, 0.2
TRAINING_CODES = 1_000_000
"""Number of codes that the network is trained on, with repetitions: about ten seconds on one core."""
MIN_STEPS, MAX_STEPS = 150, 400


class CodeModel(nn.Module):
    """p(codes) = Π p(code t | codes before t, t), by a GRU (Cho et al. 2014, arXiv:1406.1078).

    The network reads and predicts codes by their codebook entries as well as by their numbers. What it learns about a code then
    also holds for codes with similar entries. By numbers alone, the network would only memorise a few hundred samples.

    The names of parameters and buffers are stored in the run's folder.

    Parameters
    ----------
    entries
        Codebook, float32 ``(K, code_dim)``.
    tokens
        Number of codes T of a sample.
    stages
        Number of stages of the codebook. The stages alternate along the code, and their entries follow one another in the
        codebook. Each position has the codes of its own stage only.
    """

    entries: Tensor
    stages: Tensor
    other_stages: Tensor

    def __init__(self, entries: Tensor, tokens: int, stages: int = 1) -> None:
        super().__init__()
        self.size, self.tokens = len(entries), tokens
        stage_of_code = torch.arange(self.size) // (self.size // stages)
        self.register_buffer("stages", torch.tensor([stages]))
        other_stages = torch.arange(tokens)[:, None] % stages != stage_of_code  # (T, K)
        self.register_buffer("other_stages", other_stages, persistent=False)
        scaled = (entries - entries.mean(0)) / entries.std().clamp_min(1e-6)
        # the last row, code number K, is the start symbol
        self.register_buffer("entries", torch.cat([scaled, scaled.new_zeros(1, entries.shape[1])]))
        self.number = nn.Embedding(self.size + 1, WIDTH)
        nn.init.normal_(self.number.weight, std=0.1)
        self.meaning = nn.Linear(entries.shape[1], WIDTH)
        self.place = nn.Parameter(0.1 * torch.randn(tokens, WIDTH))
        self.recurrent = nn.GRU(WIDTH, HIDDEN, batch_first=True)
        self.dropout = nn.Dropout(DROPOUT)
        self.logits = nn.Linear(HIDDEN, self.size)
        self.likeness = nn.Linear(HIDDEN, entries.shape[1])

    def forward(self, codes: Tensor) -> Tensor:
        """Compute the logits ``(B, T, K)`` of codes ``(B, T)``, each given the codes before it; −∞ for codes of other stages."""
        previous = torch.cat([codes.new_full((len(codes), 1), self.size), codes[:, :-1]], 1)
        return self._predict(self.recurrent(self._embed(previous, self.place))[0], self.other_stages)

    @torch.inference_mode()
    def sample(self, count: int, temperature: float, generator: torch.Generator) -> Tensor:
        """Draw codes ``(count, T)``, one position after another. The temperature divides the logits."""
        code = torch.full((count,), self.size)
        state, codes = None, []
        for t in range(self.tokens):
            hidden, state = self.recurrent(self._embed(code, self.place[t])[:, None], state)
            probabilities = (self._predict(hidden[:, 0], self.other_stages[t]) / max(temperature, 1e-3)).softmax(1)
            code = torch.multinomial(probabilities, 1, generator=generator)[:, 0]
            codes.append(code)
        return torch.stack(codes, 1)

    def _embed(self, codes: Tensor, place: Tensor) -> Tensor:
        return cast(Tensor, self.dropout(self.number(codes) + self.meaning(self.entries[codes]) + place))

    def _predict(self, hidden: Tensor, other_stages: Tensor) -> Tensor:
        hidden = self.dropout(hidden)
        logits: Tensor = self.logits(hidden) + self.likeness(hidden) @ self.entries[:-1].T
        return logits.masked_fill(other_stages, -torch.inf)


def fit(run: Run) -> FittedPrior:
    """Train the network by maximum likelihood and return its weights.

    Training takes 150 to 400 steps, fewer for longer codes.
    """
    codes = torch.from_numpy(np.array(codes_of(run)[fit_ids(run)], np.int64))
    bottleneck = run.model.quantizer
    tokens = codes.shape[1]
    steps = min(max(TRAINING_CODES // (BATCH * tokens), MIN_STEPS), MAX_STEPS)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = CodeModel(bottleneck.entries.float(), tokens, bottleneck.stages)
        optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
        for _ in range(steps):
            batch = codes[torch.randint(len(codes), (BATCH,))]
            loss = nn.functional.cross_entropy(model(batch).flatten(0, 1), batch.flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


def draw(fitted: FittedPrior, count: int, temperature: float, seed: int) -> np.ndarray:
    """Draw codes int64 ``(count, T)``, each given the codes before it. The temperature divides the logits."""
    model = load_code_model(fitted)
    return model.sample(count, temperature, torch.Generator().manual_seed(seed)).numpy()


def load_code_model(fitted: FittedPrior) -> CodeModel:
    """Build a model with the weights that `fit` returned."""
    weights = {"stages": np.array([1])} | fitted  # weights of earlier versions have one stage and do not store it
    with torch.random.fork_rng(devices=[]):
        model = CodeModel(torch.from_numpy(weights["entries"][:-1]), len(weights["place"]), int(weights["stages"][0]))
    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return model.eval()


PRIOR = Prior(
    name="autoregressive",
    title="Autoregressive",
    help="A small recurrent network that has learned which codes follow one another, so that the parts of a draw fit together.",
    place=30,
    needs=frozenset({"results", "codebook"}),
    quick=False,
    fit=fit,
    draw=draw,
)
