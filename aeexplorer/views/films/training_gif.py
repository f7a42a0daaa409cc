"""Film of a training as an animated GIF: the map, the reconstructions and the use of the codebook."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from aeexplorer.analysis.runs.snapshots import TrainingFilm
from aeexplorer.modalities.base import Pictured, modality_of
from aeexplorer.training.run import Run
from aeexplorer.views.films.training_film import extent, point_colours
from aeexplorer.views.pictures.pictures import field_pictures, resize_pictures, tile

WIDTH, MAP_SIDE = 480, 400
_MARGIN, _HEAD_HEIGHT, _BARS_HEIGHT = 14, 26, 36  # pixels
_OVERSAMPLING = 3  # points and bars are drawn larger by this factor and then reduced, for smooth edges
_RADIUS = 2.8
_BACKGROUND, _INK, _GREEN = (251, 252, 252), (20, 39, 44), (0, 158, 115)
_FRAME_MILLISECONDS, _END_MILLISECONDS = 200, 1_500


def training_gif(run: Run, film: TrainingFilm, colour: str) -> bytes:
    """Encode one frame for each snapshot. A frame lasts 0.2 s, the last one 1.5 s.

    Parameters
    ----------
    run, film
        Run and the film of its training.
    colour
        Name of the colouring of the points.
    """
    groups = point_colours(run, film.ids, colour)
    inks = [ImageColor.getrgb(name) for name in groups["palette"]]
    colours = [inks[group] for group in groups["groups"]]
    low, span = extent(film)
    strips = _strips(run, film)
    frames = []
    for i in range(len(film.steps)):
        positions = _MARGIN + (film.positions[i] - low) / span * (MAP_SIDE - 2 * _MARGIN)
        frames.append(_draw_frame(film, i, positions, colours, strips[i]))
    palette = Image.fromarray(np.concatenate([np.asarray(frames[i]) for i in {0, len(frames) // 2, len(frames) - 1}]))
    shared_palette = palette.quantize(256, dither=Image.Dither.NONE)
    first, *others = [frame.quantize(palette=shared_palette, dither=Image.Dither.NONE) for frame in frames]
    out = BytesIO()
    durations = [*[_FRAME_MILLISECONDS] * len(others), _END_MILLISECONDS]
    first.save(out, "GIF", save_all=True, append_images=others, duration=durations, loop=0, optimize=False)
    return out.getvalue()


def _draw_frame(
    film: TrainingFilm, i: int, positions: np.ndarray, colours: list[tuple[int, ...]], strip: Image.Image | None
) -> Image.Image:
    # map
    bars_height = _BARS_HEIGHT if film.usage is not None else 0
    size = WIDTH * _OVERSAMPLING, (MAP_SIDE + bars_height) * _OVERSAMPLING
    large = Image.new("RGB", size, _BACKGROUND)
    draw = ImageDraw.Draw(large)
    for (x, y), ink in zip(positions.tolist(), colours, strict=True):
        centre = ((WIDTH - MAP_SIDE) / 2 + x) * _OVERSAMPLING, (MAP_SIDE - y) * _OVERSAMPLING
        draw.circle(centre, _RADIUS * _OVERSAMPLING, fill=ink)
    # codebook usage
    if film.usage is not None:
        counts = film.usage[i][np.argsort(-film.usage[-1], kind="stable")]
        step, base = (WIDTH - 2 * _MARGIN) / len(counts), MAP_SIDE + _BARS_HEIGHT - 4
        for bar, length in enumerate((counts / film.usage[i].max() * (_BARS_HEIGHT - 8)).tolist()):
            left = _MARGIN + bar * step
            box = left, base - length, left + 0.85 * step, base
            draw.rectangle([side * _OVERSAMPLING for side in box], fill=_GREEN)
    # heading and reconstructions
    height = _HEAD_HEIGHT + MAP_SIDE + bars_height + (strip.height + 8 if strip else 0)
    frame = Image.new("RGB", (WIDTH, height), _BACKGROUND)
    frame.paste(large.reduce(_OVERSAMPLING), (0, _HEAD_HEIGHT))
    loss = film.losses.get("loss")
    loss_text = f" · loss {loss[i]:.4g}" if loss is not None and np.isfinite(loss[i]) else ""
    heading = f"step {film.steps[i]:,} · epoch {film.epochs[i]:.1f}{loss_text}"
    ImageDraw.Draw(frame).text((_MARGIN, 7), heading, _INK, ImageFont.load_default(14))
    if strip:
        frame.paste(strip, ((WIDTH - strip.width) // 2, _HEAD_HEIGHT + MAP_SIDE + bars_height + 4), strip)
    return frame


def _strips(run: Run, film: TrainingFilm) -> list[Image.Image | None]:
    """Return the strip of each snapshot: inputs above reconstructions of the first field with pictures; None without one."""
    name = next((name for name in film.outputs if isinstance(modality_of(run.dataset.fields[name]), Pictured)), None)
    if name is None:
        return [None] * len(film.steps)
    field, outputs = run.dataset.fields[name], film.outputs[name]
    ids = film.ids[: outputs.shape[1]]
    side = (WIDTH - 2 * _MARGIN) // len(ids) - 2
    inputs = resize_pictures(field_pictures(field, np.asarray(field.array[ids]), ids), side)
    return [
        tile(np.concatenate([inputs, resize_pictures(field_pictures(field, samples), side)]), len(ids)) for samples in outputs
    ]
