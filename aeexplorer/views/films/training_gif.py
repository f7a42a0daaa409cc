"""The film of a training as an animated GIF: the map, the reconstructions, the use of the codebook."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from aeexplorer.analysis.runs.snapshots import TrainingFilm
from aeexplorer.modalities.base import Pictured, modality_of
from aeexplorer.training.run import Run
from aeexplorer.views.films.training_film import extent, point_colours
from aeexplorer.views.pictures.pictures import pictured, sized, tile

WIDTH, MAP = 480, 400
_MARGIN, _HEAD, _BARS = 14, 26, 36
_FINE = 3  # points and bars are drawn larger by that factor, so that their edges are smooth
_RADIUS = 2.8
_PAPER, _INK, _GREEN = (251, 252, 252), (20, 39, 44), (0, 158, 115)
_MILLISECONDS, _REST = 200, 1_500


def film_gif(run: Run, film: TrainingFilm, colour: str) -> bytes:
    """Every moment a frame, which lasts 0.2 s; the last one rests.

    Parameters
    ----------
    run, film
        A run and the film of its training.
    colour
        Name of the colouring of the points.
    """
    found = point_colours(run, film.ids, colour)
    inks = [ImageColor.getrgb(name) for name in found["palette"]]
    colours = [inks[group] for group in found["groups"]]
    low, span = extent(film)
    strips = _strips(run, film)
    frames = []
    for moment in range(len(film.steps)):
        places = _MARGIN + (film.positions[moment] - low) / span * (MAP - 2 * _MARGIN)
        frames.append(_frame(film, moment, places, colours, strips[moment]))
    palette = Image.fromarray(np.concatenate([np.asarray(frames[i]) for i in {0, len(frames) // 2, len(frames) - 1}]))
    reduced = palette.quantize(256, dither=Image.Dither.NONE)
    first, *others = [frame.quantize(palette=reduced, dither=Image.Dither.NONE) for frame in frames]
    out = BytesIO()
    lasting = [*[_MILLISECONDS] * len(others), _REST]
    first.save(out, "GIF", save_all=True, append_images=others, duration=lasting, loop=0, optimize=False)
    return out.getvalue()


def _frame(
    film: TrainingFilm, moment: int, places: np.ndarray, colours: list[tuple[int, ...]], strip: Image.Image | None
) -> Image.Image:
    bars = _BARS if film.usage is not None else 0
    large = Image.new("RGB", (WIDTH * _FINE, (MAP + bars) * _FINE), _PAPER)
    draw = ImageDraw.Draw(large)
    for (x, y), ink in zip(places.tolist(), colours, strict=True):
        draw.circle((((WIDTH - MAP) / 2 + x) * _FINE, (MAP - y) * _FINE), _RADIUS * _FINE, fill=ink)
    if film.usage is not None:
        counts = film.usage[moment][np.argsort(-film.usage[-1], kind="stable")]
        step, base = (WIDTH - 2 * _MARGIN) / len(counts), MAP + _BARS - 4
        for i, tall in enumerate((counts / film.usage[moment].max() * (_BARS - 8)).tolist()):
            left = _MARGIN + i * step
            draw.rectangle([side * _FINE for side in (left, base - tall, left + 0.85 * step, base)], fill=_GREEN)
    frame = Image.new("RGB", (WIDTH, _HEAD + MAP + bars + (strip.height + 8 if strip else 0)), _PAPER)
    frame.paste(large.reduce(_FINE), (0, _HEAD))
    loss = film.losses.get("loss")
    told = f" · loss {loss[moment]:.4g}" if loss is not None and np.isfinite(loss[moment]) else ""
    words = f"step {film.steps[moment]:,} · epoch {film.epochs[moment]:.1f}{told}"
    ImageDraw.Draw(frame).text((_MARGIN, 7), words, _INK, ImageFont.load_default(14))
    if strip:
        frame.paste(strip, ((WIDTH - strip.width) // 2, _HEAD + MAP + bars + 4), strip)
    return frame


def _strips(run: Run, film: TrainingFilm) -> list[Image.Image | None]:
    """At each moment, inputs above reconstructions of the first field that people see as pictures."""
    name = next((name for name in film.outputs if isinstance(modality_of(run.dataset.fields[name]), Pictured)), None)
    if name is None:
        return [None] * len(film.steps)
    field, outputs = run.dataset.fields[name], film.outputs[name]
    ids = film.ids[: outputs.shape[1]]
    side = (WIDTH - 2 * _MARGIN) // len(ids) - 2
    inputs = sized(pictured(field, np.asarray(field.array[ids]), ids), side)
    return [tile(np.concatenate([inputs, sized(pictured(field, one), side)]), len(ids)) for one in outputs]
