"""Readable labels for identifiers: names of settings, of metrics and of loss terms, and the options of a choice."""

WORDS = {
    "adagrad": "Adagrad",
    "adam": "Adam",
    "adamw": "AdamW",
    "ae": "AE",
    "auc": "AUC",
    "bpe": "BPE",
    "elbo": "ELBO",
    "elu": "ELU",
    "ema": "EMA",
    "gelu": "GELU",
    "gru": "GRU",
    "he": "He",
    "id": "ID",
    "kl": "KL",
    "kmeans": "k-means",
    "l1": "L1",
    "l2": "L2",
    "lstm": "LSTM",
    "mmd": "MMD",
    "mse": "MSE",
    "nchw": "NCHW",
    "nesterov": "Nesterov",
    "nhw": "NHW",
    "nhwc": "NHWC",
    "pca": "PCA",
    "psnr": "PSNR",
    "relu": "ReLU",
    "rgb": "RGB",
    "rmsprop": "RMSprop",
    "sgd": "SGD",
    "silu": "SiLU",
    "ssim": "SSIM",
    "tpe": "TPE",
    "tsne": "t-SNE",
    "umap": "UMAP",
    "vae": "VAE",
    "vq": "VQ",
    "warmup": "warm-up",
    "xavier": "Xavier",
}
"""Spelling of words that are not written in small letters: acronyms and proper names."""

NAMES = {
    "active": "Active units",
    "averaging": "Weight averaging",
    "beta": "KL weight (β)",
    "cell": "Recurrent cell",
    "code_dim": "Code dimensions",
    "corrupted_mse": "MSE from corrupted inputs",
    "cosine": "Cosine similarity",
    "decays": "Number of decays",
    "deterministic": "Deterministic training",
    "gradient_clip": "Gradient clipping",
    "hidden": "Hidden units",
    "hop_ms": "Hop (ms)",
    "kl": "KL divergence",
    "kl_per_dimension": "KL divergence per dimension",
    "l1": "L1 penalty",
    "l2": "L2 penalty",
    "latent_dim": "Latent dimensions",
    "mse": "Mean squared error",
    "patience": "Early-stopping patience",
    "pixels": "Pixel scaling",
    "plateau": "Plateau patience",
    "restart": "Restart threshold",
    "rotation": "Rotation trick",
    "seconds": "Length (seconds)",
    "share": "Corrupted share",
    "sigma": "Standard deviation (σ)",
    "start": "First entries",
    "stratify": "Stratified by label",
    "target": "Target activity",
    "test": "Test share",
    "tied": "Tied weights",
    "token_target": "Tokens per sample",
    "tokens": "Kind of tokens",
    "update": "Codebook update",
    "validation": "Validation share",
    "vocabulary": "Vocabulary size",
    "warm_up": "Warm-up",
}
"""Labels of identifiers whose own words are not clear enough."""

OPTIONS = {"bag_of_words": "bag of words", "tf_idf": "TF-IDF", "top_k": "top-k"}
"""Labels of options whose own words are not clear enough."""


def display_name(name: str) -> str:
    """Return the label of a setting, a metric or a loss term.

    Parameters
    ----------
    name
        Identifier such as ``codebook_size``, or a dotted path such as ``model.bottleneck.codebook_size``. Only the last
        part of a path counts.

    Returns
    -------
    str
        Label that begins with a capital letter, such as ``Codebook size``.
    """
    name = name.rpartition(".")[2]
    label = NAMES.get(name) or _spell(name)
    return label[:1].upper() + label[1:]


def option_name(option: object) -> str:
    """Return the label of one option of a choice: ``leaky_relu`` → ``leaky ReLU``, and ``none`` for no value."""
    if option in (None, ""):
        return "none"
    return OPTIONS.get(str(option)) or _spell(str(option))


def _spell(name: str) -> str:
    return " ".join(WORDS.get(word, word) for word in name.split("_"))
