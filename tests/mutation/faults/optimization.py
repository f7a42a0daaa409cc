"""Faults of the optimisers, schedules, the plan, the loop and what it keeps."""

from tests.mutation.fault import faults_of

_LOOP = ["tests/training/test_arithmetic.py"]

FAULTS = [
    *faults_of(
        "training/optimization/optimizers.py",
        {
            "Adam without weight decay": (
                "torch.optim.Adam(p, t.learning_rate, weight_decay=t.weight_decay",
                "torch.optim.Adam(p, t.learning_rate, weight_decay=0.0",
            ),
            "AdamW is Adam": ('"adamw": lambda p, t: torch.optim.AdamW', '"adamw": lambda p, t: torch.optim.Adam'),
            "SGD with momentum": (
                '"sgd": lambda p, t: torch.optim.SGD(p, t.learning_rate, weight',
                '"sgd": lambda p, t: torch.optim.SGD(p, t.learning_rate, t.momentum, weight',
            ),
            "momentum fixed": (
                '"momentum": lambda p, t: torch.optim.SGD(p, t.learning_rate, t.momentum,',
                '"momentum": lambda p, t: torch.optim.SGD(p, t.learning_rate, 0.9,',
            ),
            "Nesterov's is plain momentum": (", nesterov=True)", ")"),
            "RMSprop is Adagrad": ("torch.optim.RMSprop", "torch.optim.Adagrad"),
            "Adagrad without weight decay": (
                "torch.optim.Adagrad(p, t.learning_rate, weight_decay=t.weight_decay)",
                "torch.optim.Adagrad(p, t.learning_rate)",
            ),
            "L2 without its factor two": ("weights, 2 * training.l2", "weights, training.l2"),
            "L1 of the weights themselves": ("sign_each(weights), training.l1", "weights, training.l1"),
            "biases are penalised": ("if p.dim() > 1 and p.grad", "if p.dim() > 0 and p.grad"),
            "Adam's own form without bias correction": ("correction = math.sqrt(1 - beta2**self._count)", "correction = 1.0"),
            "Adam's own form with exchanged betas": ("mean.lerp_(gradient, 1 - beta1)", "mean.lerp_(gradient, 1 - beta2)"),
            "decoupled decay without the rate": ("1 - rate * self._decay", "1 - self._decay"),
        },
        [
            "tests/training/optimization/test_formulas.py",
            "tests/training/optimization/test_optimizers.py::test_adam_state_updates_like_pytorch",
        ],
    ),
    *faults_of(
        "training/optimization/schedules.py",
        {
            "warm-up from zero": ("return 0.1 + 0.9 * progress / warm_up", "return progress / warm_up"),
            "warm-up at the full rate": ("if progress < warm_up:", "if progress < 0:"),
            "schedule starts before the warm-up ends": ("(progress - warm_up) / (1 - warm_up), training", "progress, training"),
            "one cycle without warm-up": ('(ONE_CYCLE_WARM_UP if training.schedule == "one_cycle" else 0.0)', "0.0"),
            "cosine of a whole turn": ("math.cos(math.pi * min(1.0, progress))", "math.cos(2 * math.pi * min(1.0, progress))"),
            "one cycle ends at zero": ("0.01 + 0.99 * cosine", "cosine"),
            "one step too few": (
                "math.floor(progress * (training.decays + 1) + 1e-9)",
                "math.floor(progress * training.decays + 1e-9)",
            ),
            "steps past their number": ("min(training.decays, math.floor(", "max(0, math.floor("),
            "exponential halfway": ("training.decay_factor ** (training.decays * progress)", "training.decay_factor ** progress"),
            "plateau one epoch early": ("self.bad_epochs > self._patience", "self.bad_epochs >= self._patience"),
            "plateau decays once": ("self.factor * self._decay, 0", "self._decay, 0"),
            "plateau counts on after a decay": (
                "self.factor, self.bad_epochs = self.factor * self._decay, 0",
                "self.factor *= self._decay",
            ),
            "plateau forgets the lowest loss": ("self.best, self.bad_epochs = loss, 0", "self.bad_epochs = 0"),
            "plateau without a threshold": ("THRESHOLD = 1e-4", "THRESHOLD = 0.0"),
        },
    ),
    *faults_of(
        "training/optimization/plan.py",
        {
            "batches grow linearly": (
                "first * (final / first) ** (epoch / (epochs - 1))",
                "first + (final - first) * (epoch / (epochs - 1))",
            ),
            "batches never reach the final size": ("(epoch / (epochs - 1))", "(epoch / epochs)"),
            "last batch of an epoch dropped": ("math.ceil(self.count / size)", "max(1, self.count // size)"),
            "epochs done rounded down": ("return epoch + position / self.epoch_length(epoch)", "return float(epoch)"),
        },
    ),
    *faults_of(
        "training/loop.py",
        {
            "no reshuffle between epochs": ("seed * 1_000_003 + epoch", "seed * 1_000_003"),
            "order without the seed": ("seed * 1_000_003 + epoch", "1_000_003 + epoch"),
            "no shuffle at all": ("return ids[torch.randperm(len(ids), generator=generator)]", "return ids"),
            "same batch in every step": ("order[position * size : (position + 1) * size]", "order[:size]"),
            "rate without its schedule": ("training.learning_rate * rate_factor(progress, training)", "training.learning_rate"),
            "rate without the plateau": (" * trainer.plateau.factor", ""),
            "best weights of the highest loss": (
                "evaluation.loss < trainer.lowest_loss",
                "evaluation.loss > trainer.lowest_loss",
            ),
            "patience never used up": ("trainer.epochs_without_progress += 1", "trainer.epochs_without_progress += 0"),
            "validation of the last weights": ("trainer.averaged_weights():", "torch.no_grad():"),
            "plateau follows the training loss": ("trainer.plateau.update(monitored_loss)", "trainer.plateau.update(train_loss)"),
            "losses are sums": ("float(value) / trainer.summed_samples", "float(value)"),
            "sums are not reset": ("trainer.sums, trainer.summed_samples = {}, 0", "trainer.summed_samples = 0"),
        },
        _LOOP,
    ),
    *faults_of(
        "training/trainer.py",
        {
            "averaging decay inverted": ("list(parameters.values()), 1 - decay)", "list(parameters.values()), decay)"),
            "averaging without its warm-up": (
                "min(self.config.training.averaging, (1 + self.step) / (10 + self.step))",
                "self.config.training.averaging",
            ),
            "last weights are the final ones": (
                "load_weights(self.model, self.best_state)",
                "self._set_parameters(self.average)",
            ),
            "patience of one epoch more": (
                "0 < self.config.training.patience <= self.epochs_without_progress",
                "0 < self.config.training.patience < self.epochs_without_progress",
            ),
            "averaged weights stay in training": ("            self._set_parameters(last)", "            pass"),
            "best state follows the training": (
                "v.detach().clone() for k, v in self.model.state_dict().items()}\n\n    def use",
                "v for k, v in self.model.state_dict().items()}\n\n    def use",
            ),
        },
        _LOOP,
    ),
    *faults_of(
        "training/step.py",
        {
            "gradient never clipped": (
                "clip_grad_norm_(trainer.model.parameters(), limit)",
                "clip_grad_norm_(trainer.model.parameters(), 1e30)",
            ),
            "clip at the average itself": ("trainer.config.training.gradient_clip * average", "average"),
            "average of norms follows the last": (
                "0.98 * average + 0.02 * min(norm, limit)",
                "0.02 * average + 0.98 * min(norm, limit)",
            ),
            "average of unclipped norms": ("0.02 * min(norm, limit)", "0.02 * norm"),
            "gradients add up over steps": ("            parameter.grad = None", "            pass"),
            "loss summed over the batch": ("return output.loss.mean(), dict", "return output.loss.sum(), dict"),
            "no penalties on the weights": ("        if training.l1 or training.l2:\n", "        if False:\n"),
            "rate of the first step": ('            group["lr"] = rate', "            pass"),
        },
        ["tests/training/optimization/test_formulas.py"],
    ),
    *faults_of(
        "training/folds.py",
        {
            "deviation with n": ("stdev(values) if", "(sum((v - fmean(values)) ** 2 for v in values) / len(values)) ** 0.5 if"),
        },
        ["tests/training/test_spread.py"],
    ),
    *faults_of(
        "data/split.py",
        {
            "split not stratified": (
                "    if labels is not None and settings.stratify:\n        order = order[np.argsort",
                "    if False:\n        order = order[np.argsort",
            ),
            "split without its seed": ("np.random.default_rng(settings.seed)", "np.random.default_rng(0)"),
            "validation share of the rest": ("settings.validation / (1 - settings.test)", "settings.validation"),
            "folds not stratified": (
                '    if labels is not None:\n        order = order[np.argsort(labels[order], kind="stable")]\n    rotated',
                "    rotated",
            ),
            "folds of neighbours": ("order[fold::folds]", "order[fold * len(order) // folds : (fold + 1) * len(order) // folds]"),
            "test samples validate": ('np.flatnonzero(split != SPLITS.index("test"))', "np.arange(len(split))"),
        },
    ),
]
