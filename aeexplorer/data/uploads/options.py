"""Options for reading an upload, and the description of an upload on which suggested options are based."""

from typing import Annotated, Literal

from pydantic import Field

from aeexplorer.core.settings import Settings, When
from aeexplorer.data.split import SplitSettings

NameEncoding = Literal[
    "auto", "utf-8", "cp437", "cp850", "cp1252", "cp932", "gbk", "cp949", "big5", "cp866", "cp1251", "cp852", "cp1250", "cp1253"
]
MISSING_TEXTS = (
    "NA, N/A, n.a., k.A., k. A., nan, null, none, missing, unknown, ?, -, --, ., #N/A, <NA>, "
    "#DIV/0!, #NAME?, #NULL!, #NUM!, #REF!, #VALUE!"
)
"""Texts that usually stand for a missing value, in files of all formats."""
Mixdown = Literal["auto", "average", "loudest", "first"]
Layout = Literal["auto", "nhwc", "nchw", "nhw", "flat", "table", "series"]


class SeriesOptions(Settings):
    """How the rows of a table form series, if they do."""

    series_layout: Literal["auto", "none", "wide", "long"] = "auto"
    """How the table holds series. `none`: it holds no series. `wide`: each row is a series, and its columns are the steps.
    `long`: each row is one step of a series, and a column names the series. `auto` chooses `wide` or `long` only if the names of
    the columns make it clear."""
    series_column: Annotated[str, When({"series_layout": {"long"}})] = ""
    """Column that tells the series of each row; empty for the column with a usual name (id, series, sample, subject, …)."""
    time_column: Annotated[str, When({"series_layout": {"long"}})] = ""
    """Column that orders the steps: numbers or ISO dates; empty for the column with a usual name (time, t, step, date, …), or
    the order of the rows if there is none."""
    value_columns: Annotated[tuple[str, ...], When({"series_layout": {"wide", "long"}})] = ()
    """Columns with the values: the steps in order, or the channels; empty for all other numeric columns."""


class TableOptions(Settings):
    """How a table is read."""

    sheet: str = Field("", max_length=200)
    """Sheet of an Excel workbook; empty for the first sheet that is not blank."""
    numeric_columns: tuple[str, ...] = ()
    """Columns to read as numbers; values that are not numbers count as missing."""
    categorical_columns: tuple[str, ...] = ()
    """Columns to read as categories although their values look like numbers (postal codes, grades)."""
    decimal_mark: Literal["auto", "point", "comma"] = "auto"
    """What 1.234 and 1,234 mean in columns whose own values do not tell. `point`: 1.234 has decimals, and 1,234 is a thousand.
    `comma`: the reverse. `auto` decides by the other columns of the file."""
    date_order: Literal["auto", "day_first", "month_first"] = "auto"
    """What 03/04/2021 means in columns whose own values do not tell. `day_first`: the 3rd of April. `month_first`: March the 4th.
    `auto` decides by the other columns of the file."""
    missing_texts: str = Field(MISSING_TEXTS, max_length=1000)
    """Texts that stand for a missing value, with commas between them, in small or capital letters. Cells are trimmed before they
    are compared, and blank cells are always missing."""
    missing_words: Literal["auto", "missing", "values"] = "auto"
    """What the missing texts mean in columns of words. `missing`: missing. `values`: values, such as NA for Namibia. `auto` takes
    only words (NA, none) as values, and only if no column of numbers, dates or truth values has them among its missing texts."""


class AudioOptions(Settings):
    """How sounds are converted to spectrograms."""

    seconds: float = Field(0, ge=0, le=60)
    """Length of each sound in seconds. Longer sounds are cut, shorter sounds are padded with silence. 0 chooses a length that
    90 % of the sounds do not exceed, at most 2 seconds."""
    mixdown: Mixdown = "auto"
    """How several channels become one: their `average`, the `loudest` or the `first` channel. `auto` is the average, and the
    loudest channel where the channels cancel each other (opposite phase)."""
    sample_rate: int = Field(16_000, ge=1_000, le=48_000)
    """Sample rate in Hz to which sounds are converted. The highest frequency that remains is half of it."""
    mel_bands: int = Field(64, ge=8, le=256)
    """Number of frequency bands of the spectrogram, evenly spaced in perceived pitch (mel scale)."""
    hop_ms: float = Field(16, ge=2, le=200)
    """Time between two frames of the spectrogram, in milliseconds."""


class TextOptions(Settings):
    """How texts are read and divided into tokens."""

    text_column: str = ""
    """Column of a table with the texts to learn; empty for a text column only if the table has nothing else to learn."""
    text_unit: Literal["auto", "line", "paragraph", "file"] = "auto"
    """What counts as one text in a plain text file: a line, a paragraph (separated by blank lines), or the whole file."""
    tokens: Literal["bpe", "characters", "bag_of_words", "tf_idf"] = "bpe"
    """How texts are represented. `bpe`: pieces of words, learned from the texts (byte-pair encoding). `characters`: single
    characters. `bag_of_words`: which of the most frequent words occur, without their order. `tf_idf`: the TF-IDF weights of these
    words."""
    text_length: Annotated[int, Field(ge=4, le=256), When({"tokens": {"bpe", "characters"}})] = 64
    """Largest number of tokens in a text, including the end token; longer texts are cut off. With more than 512 different
    tokens, fewer are allowed: 64 with 2,048."""
    vocabulary: int = Field(512, ge=64, le=2048)
    """Largest number of different tokens, or of words in a bag of words."""


class VideoOptions(Settings):
    """How videos are brought to the same length and size."""

    frames: int = Field(16, ge=2, le=64)
    """Number of frames of each video, evenly spaced over its length."""
    size: int = Field(32, ge=8, le=128)
    """Width and height of the square frames in pixels."""


class PairOptions(Settings):
    """Columns of a manifest that become fields; if all are empty, the suggested columns are used."""

    file_columns: tuple[str, ...] = ()
    """Columns with names of files (pictures, sounds, videos, texts); each column becomes a field."""
    caption_columns: tuple[str, ...] = ()
    """Columns with texts; each column becomes a field."""
    number_columns: tuple[str, ...] = ()
    """Columns with numbers, categories and dates; together they become a table."""


class IngestOptions(Settings):
    """How an upload is read. With the defaults, the suggestions of `inspect` are used."""

    name: str = Field("", max_length=80)
    """Name of the dataset; empty for the name of the first file."""
    label_column: str | None = None
    """Column of a table or manifest with the labels. Without a value the column is guessed; an empty text means no labels."""
    feature_columns: Annotated[tuple[str, ...], When({"series.series_layout": {"auto", "none"}})] = ()
    """Columns of a table to learn; empty for the suggested columns. The other columns are stored as metadata and not learned."""
    layout: Layout = "auto"
    """Axes of an array, in order: n samples, h height, w width, c channels. `flat`: flattened pictures. `table`: rows of numbers.
    `series`: samples, steps, channels (the channels may be missing)."""
    image_size: int = Field(0, ge=0, le=512)
    """Width and height of the square pictures in pixels; 0 keeps the most common size, reduced to at most 64 pixels a side."""
    fit: Literal["crop", "letterbox"] = "crop"
    """How pictures of another shape are fitted. `crop` cuts out the centre; `letterbox` adds black bars to the whole picture."""
    picture_range: Literal["auto", "format", "set"] = "auto"
    """Values of picture files that become black and white. `format`: zero and the largest value of the format. `set`: the
    smallest and the largest value in all pictures. `auto` is `set` for pictures that use little of the format's range, such as
    12 bits in files of 16 bits, and would come out nearly black."""
    name_encoding: NameEncoding = "auto"
    """Encoding of file names in a zip that does not say how they are written. `auto` is UTF-8 if they are UTF-8, else the code
    page under which they look most like words."""
    colour: Literal["auto", "grey", "rgb"] = "auto"
    """Colour of picture files. `auto` is grey if all pictures are grey, else RGB."""
    audio: AudioOptions = AudioOptions()
    """How sounds are converted to spectrograms."""
    pairs: PairOptions = PairOptions()
    """Which columns of a manifest become fields."""
    series: SeriesOptions = SeriesOptions()
    """How the rows of a table form series."""
    table: TableOptions = TableOptions()
    """How a table is read."""
    text: TextOptions = TextOptions()
    """How texts are read and divided into tokens."""
    video: VideoOptions = VideoOptions()
    """How videos are brought to the same length and size."""
    keep_split: bool = True
    """Whether a split that the upload gives is kept: folders or files named train, validation and test, or a column that says it.
    A part that it lacks is drawn from the training samples."""
    split: SplitSettings = SplitSettings()
    """How the samples are divided into training, validation and test sets."""


class IngestLimits(Settings):
    """Resource limits of the process that reads an upload. It is stopped when it exceeds one."""

    memory_mb: int = Field(2048, ge=256, le=65536)
    """Memory (address space) in MiB."""
    seconds: int = Field(900, ge=1, le=86400)
    """Elapsed time, and also CPU time, in seconds."""
    output_mb: int = Field(8192, ge=1, le=1 << 20)
    """Largest file that is written while reading, in MiB."""


class ColumnGuess(Settings):
    """Guess about a column of a table or manifest."""

    name: str
    """Name of the column."""
    kind: Literal["numeric", "categorical", "date", "text", "file", "other", "empty", "constant"]
    """Kind of its values. Only numeric and categorical columns and dates can be learned."""
    role: Literal["feature", "label", "beside", "dropped"]
    """Suggested use: learned, used as labels, stored as metadata beside the samples, or left out."""
    missing: int
    """Number of inspected rows without a value."""
    distinct: int | None
    """Number of distinct values in the inspected rows; None if there are too many to count."""
    example: str
    """First value."""
    why: str = ""
    """Reason why the column is not learned; empty if it is."""


class LayoutGuess(Settings):
    """A possible layout of an array."""

    layout: Layout
    """Name of the layout in `IngestOptions`."""
    shape: tuple[int, ...]
    """Shape of one sample: (channels, height, width), (columns,), or (steps, channels)."""


class SizeGuess(Settings):
    """Number of inspected pictures that have a certain size."""

    width: int
    """Width in pixels."""
    height: int
    """Height in pixels."""
    count: int
    """Number of pictures of this size."""


class Guess(Settings):
    """Description of an upload, and suggested options for it."""

    kind: str
    """What the upload holds, in words for the user: pictures, an array, a table, …"""
    choices: tuple[str, ...] = ()
    """Dotted paths of the options that matter for this upload, besides its name and its split."""
    reading_choices: tuple[str, ...] = ()
    """Dotted paths of the options on which the findings themselves depend, such as what counts as missing."""
    n: int | None
    """Number of samples; None if counting them would require reading everything."""
    columns: tuple[ColumnGuess, ...] = ()
    """Columns of the table or of the manifest."""
    layouts: tuple[LayoutGuess, ...] = ()
    """Possible layouts of an array, the most likely first."""
    sheets: tuple[str, ...] = ()
    """Sheets of the workbook; `columns` are those of the inspected sheet."""
    sizes: tuple[SizeGuess, ...] = ()
    """Sizes of the pictures, the most common first (at most 20)."""
    labels: dict[str, int] = {}
    """Labels, and how often each occurs in the inspected samples (at most 100 labels)."""
    code_page: str = ""
    """Code page in which names of files in a zip were read; empty if they are UTF-8."""
    notes: tuple[str, ...] = ()
    """Findings that the user should know."""
    options: IngestOptions = IngestOptions()
    """Suggested options; change them and pass them to `ingest`."""
