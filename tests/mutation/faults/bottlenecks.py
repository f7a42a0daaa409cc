"""Faults of the bottlenecks: losses of their codes, draws, penalties."""

from tests.mutation.fault import faults_of

FAULTS = [
    *faults_of(
        "models/bottlenecks/gaussian.py",
        {
            "reparametrisation with exp(logvar)": ("(0.5 * logvar).exp() if", "logvar.exp() if"),
            "noise without the deviation": ("torch.randn_like(mean) * (0.5 * logvar).exp()", "torch.randn_like(mean)"),
            "noise from the uniform distribution": ("torch.randn_like(mean)", "torch.rand_like(mean)"),
            "draws outside training": ("(0.5 * logvar).exp() if self.training else mean", "(0.5 * logvar).exp()"),
            "latent is the draw": ("latent=mean,", "latent=draw,"),
            "KL without its minus one": ("logvar.exp() - 1 - logvar", "logvar.exp() - logvar"),
            "KL with the deviation for the variance": ("logvar.exp() - 1 - logvar", "(0.5 * logvar).exp() - 1 - logvar"),
            "KL without its half": ("return 0.5 * (mean.square()", "return 1.0 * (mean.square()"),
            "KL averaged over dimensions": ('{"kl": kl.sum(1)}', '{"kl": kl.mean(1)}'),
            "beta squared": ('{"kl": self.beta}', '{"kl": self.beta**2}'),
            "free bits summed over the batch": ("below = kl.mean(0) < self.free_bits", "below = kl.sum(0) < self.free_bits"),
            "free bits for each sample by itself": ("below = kl.mean(0) < self.free_bits", "below = kl < self.free_bits"),
            "free bits without beta": ('weights["free_bits"] = self.beta', 'weights["free_bits"] = 1.0'),
            "KL at full weight during the warm-up": ("weight * warmup", "weight"),
            "warm-up that never ends": ("min(1.0, progress / self.settings.kl_warmup)", "progress * self.settings.kl_warmup"),
            "log-variance unclamped": ("logvar.clamp(-LOGVAR_LIMIT, LOGVAR_LIMIT)", "logvar.clamp(-LOGVAR_LIMIT)"),
            "active units by deviation": ("(code.mean.var(0, correction=0) > ACTIVE", "(code.mean.std(0, correction=0) > ACTIVE"),
            "posterior's variance as latent variance": (
                '"latent_variance": code.mean.var(0, correction=0)',
                '"latent_variance": code.logvar.exp().mean(0)',
            ),
        },
    ),
    *faults_of(
        "models/bottlenecks/beta_tc.py",
        {
            "log q(z) without the batch size": ("pairs.sum(2).logsumexp(1) - math.log(count)", "pairs.sum(2).logsumexp(1)"),
            "product of marginals over draws": (
                "(pairs.logsumexp(1) - math.log(count))",
                "(pairs.logsumexp(0) - math.log(count))",
            ),
            "total correlation counts beta times": ('"total_correlation": self.beta - 1', '"total_correlation": self.beta'),
            "mutual information as total correlation": ("decompose(posterior)[1]}", "decompose(posterior)[0]}"),
            "log-normal without the log-variance": ("math.log(2 * math.pi) + logvar +", "math.log(2 * math.pi) +"),
            "log-normal with the deviation": (".square() * (-logvar).exp())", ".square() * (-0.5 * logvar).exp())"),
        },
    ),
    *faults_of(
        "models/bottlenecks/sparse.py",
        {
            "L1 averaged over units": ('losses["sparsity"] = latent.sum(1)', 'losses["sparsity"] = latent.mean(1)'),
            "L1 of the linear map": ('losses["sparsity"] = latent.sum(1)', 'losses["sparsity"] = linear.sum(1)'),
            "KL-sparsity of each sample by itself": ("latent.mean(0)).sum().expand(h.shape[0])", "latent).sum(1)"),
            "KL-sparsity with exchanged arguments": (
                "rho * (rho / activity).log() +",
                "activity * (activity / rho).log() +",
            ),
            "KL-sparsity of active units alone": (" + (1 - rho) * ((1 - rho) / (1 - activity)).log()", ""),
            "sparsity without its weight": ('weights={"sparsity": self.settings.weight}', 'weights={"sparsity": 1.0}'),
            "top-k by the smallest": (
                "values.topk(min(count, values.shape[1]), 1)",
                "values.topk(min(count, values.shape[1]), 1, False)",
            ),
            "top-k over the batch": (
                "values.topk(min(count, values.shape[1]), 1)",
                "values.topk(min(count, values.shape[0]), 0)",
            ),
            "top-k anneals after training": ("if self.training else 1.0", "if True else 1.0"),
            "silent units by their sum": ("code.latent.abs().amax(0) <=", "code.latent.abs().amin(0) <="),
        },
    ),
    *faults_of(
        "models/bottlenecks/contractive.py",
        {
            "Jacobian summed over the batch": (
                ".sum(0).flatten(1).sum(1) for row in rows",
                ".sum((0, 1)).sum().expand(len(latent)) for row in rows",
            ),
            "Jacobian's norm not squared": ("row.square().sum(0).flatten(1).sum(1)", "row.abs().sum(0).flatten(1).sum(1)"),
            "contraction without its weight": ('weights={"contraction": self.settings.weight}', "weights={}"),
            "contraction without a gradient": (
                "axes, create_graph=True, is_grads_batched",
                "axes, create_graph=False, is_grads_batched",
            ),
            "estimate without signs": ("(latent * signs).sum()", "latent.sum()"),
            "estimate from normal draws over two": ("* 2 - 1  # (B, d)", "- 0.5  # (B, d)"),
            "fields of a penalty averaged": ("for product in products]).sum(0)", "for product in products]).mean(0)"),
        },
    ),
    *faults_of(
        "models/bottlenecks/wasserstein.py",
        {
            "MMD with its diagonal": ("(k.sum() - k.diagonal().sum())", "k.sum()"),
            "MMD counts across once": ("- 2 * _kernel(a, b).mean()", "- _kernel(a, b).mean()"),
            "kernel with a wrong constant": ("scale * 2 * a.shape[1]", "scale * a.shape[1]"),
            "kernel of distances": ("c / (c + squared)", "c / (c + squared.sqrt())"),
            "MMD without its weight": ('weights={"mmd": self.settings.weight}', "weights={}"),
            "prior's draws the same in every step": ("fresh=self.training", "fresh=False"),
        },
    ),
    *faults_of(
        "models/bottlenecks/adversarial.py",
        {
            "encoder helps the discriminator": (
                '"adversarial": functional.softplus(-logits)',
                '"adversarial": functional.softplus(logits)',
            ),
            "discriminator's labels exchanged": (
                "functional.softplus(-real) + functional.softplus(fake)",
                "functional.softplus(real) + functional.softplus(-fake)",
            ),
            "discriminator moves the encoder": ("self.discriminator(latent.detach())", "self.discriminator(latent)"),
            "encoder moves the discriminator": (
                "{name: weight.detach() for name, weight",
                "{name: weight for name, weight",
            ),
            "adversarial loss without its weight": ('weights={"adversarial": self.settings.weight}', "weights={}"),
        },
    ),
    *faults_of(
        "models/bottlenecks/base.py",
        {
            "prior with a wider variance": ("return torch.randn_like(latent)", "return 2 * torch.randn_like(latent)"),
            "atoms of any length": ("normalize(self.from_latent.weight, dim=0)", "normalize(self.from_latent.weight, dim=1)"),
            "perplexity in bits": ("torch.exp(torch.special.entr(share).sum())", "torch.exp2(torch.special.entr(share).sum())"),
            "usage of used entries only": ("(counts > 0).double().mean()", "(counts > 0).double().sum()"),
            "latent variance with n − 1": ("code.latent.var(0, correction=0)", "code.latent.var(0)"),
            "stages averaged": ("self.from_code(entries.sum(2))", "self.from_code(entries.mean(2))"),
            "latents of one stage": ("vectors.sum(2)", "vectors[:, :, -1]"),
        },
        [
            "tests/models/bottlenecks/test_adversarial.py",
            "tests/models/bottlenecks/test_wasserstein.py",
            "tests/models/bottlenecks/test_sparse.py",
            "tests/models/bottlenecks/test_vector_quantized.py",
            "tests/models/bottlenecks/test_residual.py",
        ],
    ),
]
