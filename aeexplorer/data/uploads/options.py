"""What can be chosen when data come in, and what an upload looks like before anything is chosen."""

from typing import Annotated, Literal

from pydantic import Field

from aeexplorer.core.settings import Settings, When
from aeexplorer.data.split import SplitSettings

Layout = Literal["auto", "nhwc", "nchw", "nhw", "flat", "table", "series"]


class SeriesOptions(Settings):
    """How the rows of a table are series, if they are."""

    series_layout: Literal["auto", "none", "wide", "long"] = "auto"
    """`none`: no series; `wide`: each row is one, its columns the steps; `long`: each row is a step of one, as a column says;
    `auto` takes one of the latter only where the names of the columns make it clear."""
    series_column: Annotated[str, When({"series_layout": {"long"}})] = ""
    """Column that says which series a row belongs to; empty takes the one named so (id, series, sample, subject, …)."""
    time_column: Annotated[str, When({"series_layout": {"long"}})] = ""
    """Column to order the steps by, numbers or ISO dates; empty takes the one named so (time, t, step, date, …), else the
    order of the rows."""
    value_columns: Annotated[tuple[str, ...], When({"series_layout": {"wide", "long"}})] = ()
    """Columns of the values: the steps in their order, or the channels; empty takes all other columns of numbers."""


class TableOptions(Settings):
    """How a table is read."""

    sheet: str = Field("", max_length=200)
    """Sheet of an Excel workbook; empty takes the first."""
    numeric_columns: tuple[str, ...] = ()
    """Columns whose values are numbers, whatever they look like; what is no number counts as missing."""
    categorical_columns: tuple[str, ...] = ()
    """Columns whose values are categories, though they look like numbers (codes of places, grades)."""


class AudioOptions(Settings):
    """How sounds become spectrograms."""

    seconds: float = Field(0, ge=0, le=60)
    """Length that sounds are cut or padded with silence to; 0 takes the length that nine in ten do not exceed, 2 at most."""
    sample_rate: int = Field(16_000, ge=1_000, le=48_000)
    """Samples a second that sounds are brought to, in Hz; half of it is the highest frequency kept."""
    mel_bands: int = Field(64, ge=8, le=256)
    """Frequency bands of the spectrogram, evenly spaced as the ear hears pitch."""
    hop_ms: float = Field(16, ge=2, le=200)
    """Time from a frame of the spectrogram to the next, in milliseconds."""


class TextOptions(Settings):
    """How texts are read and cut."""

    text_column: str = ""
    """Column of a table that holds the texts to learn; empty takes one where there is nothing else to learn."""
    text_unit: Literal["auto", "line", "paragraph", "file"] = "auto"
    """What one text is in a plain text file: a line, a paragraph (blank lines divide them), or the file."""
    tokens: Literal["bpe", "characters", "bag_of_words", "tf_idf"] = "bpe"
    """What texts are cut into: pieces of words that are found in these texts (byte-pair encoding), or characters; or a bag
    of the most frequent words, without their order: which ones are there, or their TF-IDF weights."""
    text_length: Annotated[int, Field(ge=4, le=256), When({"tokens": {"bpe", "characters"}})] = 64
    """Tokens of a text at most, its end included; what is longer is cut off. With more than 512 different tokens there is
    room for fewer: 64 with 2,048."""
    vocabulary: int = Field(512, ge=64, le=2048)
    """Different tokens, or words of a bag, at most."""


class VideoOptions(Settings):
    """How videos are cut to one length and size."""

    frames: int = Field(16, ge=2, le=64)
    """Frames of each video, evenly chosen over its length."""
    size: int = Field(32, ge=8, le=128)
    """Side of the square frames in pixels."""


class PairOptions(Settings):
    """What the columns of a manifest are, beside files; all empty takes what `inspect` suggests."""

    file_columns: tuple[str, ...] = ()
    """Columns that name files (pictures, sounds, videos, texts); each becomes a field."""
    caption_columns: tuple[str, ...] = ()
    """Columns that hold texts; each becomes a field."""
    number_columns: tuple[str, ...] = ()
    """Columns of numbers, categories and dates that become a table together."""


class IngestOptions(Settings):
    """How an upload becomes a dataset. The defaults take what `inspect` suggests."""

    name: str = Field("", max_length=80)
    """What people will call the dataset; empty takes the name of the first file."""
    label_column: str | None = None
    """Column of a table or manifest that holds the labels; none given is guessed, an empty text means no labels."""
    feature_columns: Annotated[tuple[str, ...], When({"series.series_layout": {"auto", "none"}})] = ()
    """Columns of a table to learn; empty takes the suggested ones. The others are kept beside them, not learned."""
    layout: Layout = "auto"
    """Order of an array's axes: samples, height, width, channels; `flat` is flattened pictures, `table` rows of numbers,
    `series` samples, steps, channels (the last may be left out)."""
    image_size: int = Field(0, ge=0, le=512)
    """Side of the square pictures in pixels; 0 keeps the most common size, scaled down to at most 64 a side."""
    fit: Literal["crop", "letterbox"] = "crop"
    """How a picture of another shape is fitted: its centre is cut out, or it is shown whole on black bars."""
    colour: Literal["auto", "grey", "rgb"] = "auto"
    """Colour of picture files; `auto` is grey when every picture is grey."""
    audio: AudioOptions = AudioOptions()
    """How sounds become spectrograms."""
    pairs: PairOptions = PairOptions()
    """What the columns of a manifest are."""
    series: SeriesOptions = SeriesOptions()
    """How the rows of a table are series."""
    table: TableOptions = TableOptions()
    """How a table is read."""
    text: TextOptions = TextOptions()
    """How texts are read and cut."""
    video: VideoOptions = VideoOptions()
    """How videos are cut to one length and size."""
    split: SplitSettings = SplitSettings()
    """How the samples are divided."""


class IngestLimits(Settings):
    """What the reading process may use before it is stopped."""

    memory_mb: int = Field(2048, ge=256, le=65536)
    """Address space in MiB."""
    seconds: int = Field(900, ge=1, le=86400)
    """Time on the clock, and of the processor, in seconds."""
    output_mb: int = Field(8192, ge=1, le=1 << 20)
    """Largest single file written while reading, in MiB."""


class ColumnGuess(Settings):
    """A column of a table or manifest, as it looks."""

    name: str
    """Its name."""
    kind: Literal["numeric", "categorical", "date", "text", "file", "other", "empty", "constant"]
    """What its values are; only numeric and categorical columns and dates can be learned."""
    role: Literal["feature", "label", "beside", "dropped"]
    """What is suggested: learned, used as labels, kept beside, or left out."""
    missing: int
    """How many of the rows looked at have no value here."""
    distinct: int | None
    """How many different values were seen; none when too many to count."""
    example: str
    """The first value."""
    why: str = ""
    """Why it is not learned, where that is so."""


class LayoutGuess(Settings):
    """One way to read an array."""

    layout: Layout
    """Its name in `IngestOptions`."""
    shape: tuple[int, ...]
    """Shape of one sample: (channels, height, width), (columns,), or (steps, channels)."""


class SizeGuess(Settings):
    """How many of the pictures looked at have a size."""

    width: int
    """In pixels."""
    height: int
    """In pixels."""
    count: int
    """Pictures of that size."""


class Guess(Settings):
    """What an upload looks like, and the options suggested for it."""

    kind: str
    """What it holds, for people: pictures, an array, a table, …"""
    choices: tuple[str, ...] = ()
    """Options that matter for such an upload, by dotted path, besides its name and how it is divided."""
    n: int | None
    """Number of samples; none where counting would mean reading everything."""
    columns: tuple[ColumnGuess, ...] = ()
    """Columns of the table, or of the pictures' manifest."""
    layouts: tuple[LayoutGuess, ...] = ()
    """Ways to read an array, the likeliest first."""
    sheets: tuple[str, ...] = ()
    """Sheets of the workbook; the columns are those of the one that was looked at."""
    sizes: tuple[SizeGuess, ...] = ()
    """Sizes of the pictures, the most common first (at most twenty)."""
    labels: dict[str, int] = {}
    """Labels and how often each occurs among the samples looked at (at most a hundred)."""
    notes: tuple[str, ...] = ()
    """What was seen that a person should know."""
    options: IngestOptions = IngestOptions()
    """What is suggested; change it and pass it to `ingest`."""
