"""A small recurrent network over the codes: each given all before it (as PixelCNN in VQ-VAE, arXiv:1711.00937)."""

from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.analysis.codes.codebook import codes_of
from aeexplorer.analysis.generation.base import Fitted, Prior, fitted_on
from aeexplorer.training.run import Run

WIDTH, HIDDEN = 64, 128
BATCH, RATE, DROPOUT = 64, 4e-3, 0.2
TOKENS = 1_000_000
"""Codes that it is trained on, counting repetitions: ten seconds or so on one core."""
STEPS = (150, 400)


class CodeModel(nn.Module):
    """p(codes) = Π p(code t | codes before t, t), by a GRU (Cho et al. 2014, arXiv:1406.1078).

    It reads and names codes by their entries in the codebook as well as by their numbers, so that what it learns of a code
    holds for codes that stand for like things; a few hundred samples would otherwise only be memorised.

    Parameters
    ----------
    entries
        The codebook, float32 ``(K, code_dim)``.
    tokens
        Codes T of a sample.
    stages
        Codebooks that take turns along the code, their entries one after the other: each place has those of its own only.
    """

    entries: Tensor
    stages: Tensor
    others: Tensor

    def __init__(self, entries: Tensor, tokens: int, stages: int = 1) -> None:
        super().__init__()
        self.size, self.tokens = len(entries), tokens
        books = torch.arange(self.size) // (self.size // stages)
        self.register_buffer("stages", torch.tensor([stages]))
        self.register_buffer("others", torch.arange(tokens)[:, None] % stages != books, persistent=False)  # (T, K)
        scaled = (entries - entries.mean(0)) / entries.std().clamp_min(1e-6)
        self.register_buffer("entries", torch.cat([scaled, scaled.new_zeros(1, entries.shape[1])]))
        self.number = nn.Embedding(self.size + 1, WIDTH)  # the last stands before the first code
        nn.init.normal_(self.number.weight, std=0.1)
        self.meaning = nn.Linear(entries.shape[1], WIDTH)
        self.place = nn.Parameter(0.1 * torch.randn(tokens, WIDTH))
        self.recurrent = nn.GRU(WIDTH, HIDDEN, batch_first=True)
        self.dropout = nn.Dropout(DROPOUT)
        self.logits = nn.Linear(HIDDEN, self.size)
        self.likeness = nn.Linear(HIDDEN, entries.shape[1])

    def forward(self, codes: Tensor) -> Tensor:
        """Codes ``(B, T)`` → logits ``(B, T, K)`` of each, given those before it; −∞ for entries of other stages."""
        before = torch.cat([codes.new_full((len(codes), 1), self.size), codes[:, :-1]], 1)
        return self._named(self.recurrent(self._read(before, self.place))[0], self.others)

    @torch.inference_mode()
    def sample(self, count: int, temperature: float, generator: torch.Generator) -> Tensor:
        """Codes ``(count, T)``, one place after another."""
        code = torch.full((count,), self.size)
        state, drawn = None, []
        for t in range(self.tokens):
            hidden, state = self.recurrent(self._read(code, self.place[t])[:, None], state)
            shares = (self._named(hidden[:, 0], self.others[t]) / max(temperature, 1e-3)).softmax(1)
            code = torch.multinomial(shares, 1, generator=generator)[:, 0]
            drawn.append(code)
        return torch.stack(drawn, 1)

    def _read(self, codes: Tensor, place: Tensor) -> Tensor:
        return cast(Tensor, self.dropout(self.number(codes) + self.meaning(self.entries[codes]) + place))

    def _named(self, hidden: Tensor, others: Tensor) -> Tensor:
        hidden = self.dropout(hidden)
        logits: Tensor = self.logits(hidden) + self.likeness(hidden) @ self.entries[:-1].T
        return logits.masked_fill(others, -torch.inf)


def fit(run: Run) -> Fitted:
    """Train it by maximum likelihood for 150 to 400 steps, fewer the longer the codes are; returns its weights."""
    codes = torch.from_numpy(np.array(codes_of(run)[fitted_on(run)], np.int64))
    bottleneck = run.model.quantizer
    tokens = codes.shape[1]
    steps = min(max(TOKENS // (BATCH * tokens), STEPS[0]), STEPS[1])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = CodeModel(bottleneck.entries.float(), tokens, bottleneck.stages)
        optimizer = torch.optim.Adam(model.parameters(), RATE)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
        for _ in range(steps):
            batch = codes[torch.randint(len(codes), (BATCH,))]
            loss = nn.functional.cross_entropy(model(batch).flatten(0, 1), batch.flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}


def draw(fitted: Fitted, count: int, temperature: float, seed: int) -> np.ndarray:
    """Codes ``(count, T)``, each place given those before it; the temperature divides the logits."""
    model = model_of(fitted)
    return model.sample(count, temperature, torch.Generator().manual_seed(seed)).numpy()


def model_of(fitted: Fitted) -> CodeModel:
    """The model with the weights that `fit` gave."""
    weights = {"stages": np.array([1])} | fitted  # what was fitted by earlier versions knows one stage
    with torch.random.fork_rng(devices=[]):
        model = CodeModel(torch.from_numpy(weights["entries"][:-1]), len(weights["place"]), int(weights["stages"][0]))
    model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return model.eval()


PRIOR = Prior(
    name="autoregressive",
    title="Autoregressive",
    help="A small recurrent network that learned which codes follow which, place by place: draws hold together.",
    place=30,
    needs=frozenset({"results", "codebook"}),
    quick=False,
    fit=fit,
    draw=draw,
)
