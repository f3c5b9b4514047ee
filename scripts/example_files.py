"""What the models and datasets of the example hub hold: made files, small and quick to make."""

import io
import json
import struct
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

Files = dict[str, bytes]
Bytes = NDArray[np.uint8]

# Digits of 5 by 7 dots, a row a number whose bits are its dots.
_DOTS = (
    *((14, 17, 19, 21, 25, 17, 14), (4, 12, 4, 4, 4, 4, 14), (14, 17, 1, 2, 4, 8, 31)),
    *((31, 2, 4, 2, 1, 17, 14), (2, 6, 10, 18, 31, 2, 2), (31, 16, 30, 1, 1, 17, 14)),
    *((6, 8, 16, 30, 17, 17, 14), (31, 1, 2, 4, 8, 8, 8), (14, 17, 17, 14, 17, 17, 14)),
    (14, 17, 17, 15, 1, 2, 12),
)
_CLOTHES = (
    *("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag"),
    "Ankle boot",
)

_MODEL_README = """\
# MNIST CNN

A small convolutional network that reads handwritten digits from 28×28 greyscale images.
It runs on the sorting line, where a wrong digit sends a parcel to the wrong city.

| layer | output | parameters |
|---|---|---:|
| conv 3×3, relu | 26×26×32 | 320 |
| conv 3×3, relu | 24×24×64 | 18,496 |
| max pool, dropout 0.25 | 12×12×64 | 0 |
| dense, softmax | 10 | 92,170 |

## Use it

```python
import keras
from t9k import ah

model = ah.get("model/image-classification/mnist-cnn-keras:tag/v2.0")
model.download(["model.keras"], ".")
digits = keras.saving.load_model("model.keras").predict(images).argmax(axis=1)
```

## Where it errs

Most mistakes are a **4 read as 9**, and a 7 with a bar read as 2.

![Confusion matrix on the test set](images/confusion.png)
"""

_MNIST_README = """\
# MNIST

70,000 handwritten digits, 28×28 pixels, centred by mass.

![A digit of each class](images/digits.png)

| split | images | writers | file |
|---|---:|---:|---|
| train | 60,000 | 250 | `train.parquet` |
| test | 10,000 | 250 | `test.parquet` |

## Read it

```python
import pandas
from t9k import ah

test = pandas.read_parquet(ah.get("dataset/image-classification/mnist").main.open("test.parquet"))
print(test.groupby("label").size())
```

> **15 labels were wrong** in the test set that was imported first. They were fixed by hand after
> two people looked at each image; evaluations say on which of the two they were made.
"""

_FASHION_README = """\
# Fashion-MNIST

The same shape as MNIST, with ten kinds of clothing. Harder: people reach 83.5 %.

- `train.parquet`: 60,000 images
- `test.parquet`: 10,000 images
- `classes.csv`: the name of each class
"""

_TRAIN = '''\
"""Trains the network: python train.py --epochs 20"""

import argparse

import keras
from keras import layers


def build(dropout: float) -> keras.Model:
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Dropout(dropout),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--dropout", type=float, default=0.25)
    options = parser.parse_args()
    model = build(options.dropout)
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
'''


def make_mnist(fixed: bool) -> Files:
    """The dataset of digits; `fixed` with the labels put right."""
    classes = pa.table({"label": range(10), "name": [*"0123456789"], "share": [0.1] * 10})
    return {
        "README.md": _MNIST_README.encode(),
        "classes.csv": _to_csv(classes),
        "images/digits.png": encode_png(draw_digits(columns=10, rows=2)),
        "test.parquet": _make_split(10_000, 4, 15 if fixed else 0),
        "train.parquet": _make_split(60_000, 3, 0),
    }


def make_fashion() -> Files:
    names = pa.table({"label": range(10), "name": _CLOTHES})
    return {
        "README.md": _FASHION_README.encode(),
        "classes.csv": _to_csv(names),
        "test.parquet": _make_split(10_000, 6, 0),
        "train.parquet": _make_split(60_000, 5, 0),
    }


def make_cnn(seed: int, *, width: int = 64, dropout: float = 0.25, lr: float = 0.001) -> Files:
    """The network after some training: its weights, and how they came about."""
    config = {"dropout": dropout, "filters": [32, width], "input": [28, 28, 1], "lr": lr}
    return {
        "config.json": json.dumps({"name": "mnist-cnn", **config}, indent=2).encode() + b"\n",
        "model.safetensors": make_safetensors(
            {
                "conv1.weight": (32, 1, 3, 3),
                "conv1.bias": (32,),
                "conv2.weight": (width, 32, 3, 3),
                "conv2.bias": (width,),
                "dense.weight": (10, 144 * width),
                "dense.bias": (10,),
            },
            seed,
        ),
        "train.py": _TRAIN.replace("0.25", str(dropout)).encode(),
    }


def make_readme() -> Files:
    return {
        "README.md": _MODEL_README.encode(),
        "images/confusion.png": encode_png(draw_confusion()),
    }


def make_plain_model(name: str, seed: int) -> Files:
    """A model that is not looked into: weights and a line that says what it is."""
    weights = {"embed.weight": (64, 49), "head.weight": (10, 64), "head.bias": (10,)}
    return {
        "README.md": f"# {name}\n\nA baseline to compare others with.\n".encode(),
        "model.safetensors": make_safetensors(weights, seed),
    }


def make_safetensors(shapes: dict[str, tuple[int, ...]], seed: int) -> bytes:
    """Tensors of random 32-bit floats: the length of the header, the header, the numbers."""
    random = np.random.default_rng(seed)
    header: dict[str, object] = {"__metadata__": {"format": "keras", "producer": "keras 3.9"}}
    parts: list[bytes] = []
    end = 0
    for name, shape in shapes.items():
        parts.append(random.normal(0, 0.05, shape).astype("<f4").tobytes())
        offsets = [end, end + len(parts[-1])]
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": offsets}
        end = offsets[1]
    said = json.dumps(header).encode()
    return b"".join([struct.pack("<Q", len(said)), said, *parts])


def draw_digits(columns: int, rows: int) -> Bytes:
    """Rows of the ten digits, as if written: shifted, grey at the edges, a little noisy."""
    random = np.random.default_rng(7)
    sheet = np.zeros((rows * 56, columns * 56))
    for place in range(columns * rows):
        dots = np.array([[row >> (4 - x) & 1 for x in range(5)] for row in _DOTS[place % 10]])
        drawn = np.kron(dots, np.ones((6, 6))) * 255
        y, x = (place // columns * 56 + random.integers(4, 11), place % columns * 56 + 13)
        sheet[y : y + 42, x : x + 30] = drawn
    for axis in (0, 1, 0, 1, 0, 1):
        sheet = (np.roll(sheet, 1, axis) + sheet + np.roll(sheet, -1, axis)) / 3
    return np.clip(sheet + random.normal(0, 5, sheet.shape), 0, 255).astype(np.uint8)


def draw_confusion() -> Bytes:
    """A confusion matrix of ten classes, the darker the more."""
    random = np.random.default_rng(9)
    matrix = random.uniform(0, 0.09, (10, 10)) ** 2 * 20
    matrix[np.diag_indices(10)] = random.uniform(0.9, 1, 10)
    matrix[4, 9], matrix[7, 2] = 0.42, 0.31
    cells = np.kron(255 - matrix * 215, np.ones((30, 30)))
    cells[::30], cells[:, ::30] = 255, 255
    return cells.astype(np.uint8)


def encode_png(pixels: Bytes) -> bytes:
    """A greyscale picture as PNG."""
    height, width = pixels.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), pixels])

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (
        chunk(b"IHDR", head),
        chunk(b"IDAT", zlib.compress(rows.tobytes())),
        chunk(b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def make_samples(accuracy: float, seed: int) -> tuple[bytes, dict[str, object]]:
    """What a model said of each test image, as Parquet, and the metrics that come of it.

    How hard an image is is the same for all models, so that they err mostly on the same ones.
    """
    rows = 2_000
    shared = np.random.default_rng(1).random(rows)
    random = np.random.default_rng(seed)
    ease = 0.8 * shared + 0.2 * random.random(rows)
    right = ease > np.quantile(ease, 1 - accuracy)
    labels = np.random.default_rng(2).integers(0, 10, rows)
    wrong = np.where(labels == 4, 9, np.where(labels == 7, 2, (labels + 3) % 10))
    loss = np.where(right, random.gamma(1, 0.02, rows), random.gamma(3, 0.9, rows))
    table = pa.table(
        {
            "sample_id": [f"test/{number:05}" for number in range(rows)],
            "accuracy": right.astype(np.int8),
            "loss": loss.round(4),
            "label": labels,
            "predicted": np.where(right, labels, wrong),
        }
    )
    hits = [right[labels == digit] for digit in (4, 7, 9)]
    metrics = {"accuracy": measure(float(right.mean()), rows)}
    metrics["loss"] = {
        "value": round(float(loss.mean()), 4),
        "stderr": round(float(loss.std() / rows**0.5), 5),
        "n": rows,
    }
    slices = {
        f"recall of {digit}": {**measure(float(hit.mean()), len(hit)), "slice": f"label={digit}"}
        for digit, hit in zip((4, 7, 9), hits, strict=True)
    }
    return _to_parquet(table), {**metrics, **slices}


def measure(share: float, n: int) -> dict[str, object]:
    """A share of n samples as a metric, with its standard error."""
    return {"value": round(share, 4), "stderr": round((share * (1 - share) / n) ** 0.5, 5), "n": n}


def _make_split(rows: int, seed: int, changed: int) -> bytes:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, rows)
    labels[:changed] = (labels[:changed] + 1) % 10
    return _to_parquet(
        pa.table(
            {
                "image": pa.array(range(rows), pa.int32()),
                "label": labels.astype(np.int8),
                "writer": [f"w{number:03}" for number in random.integers(0, 250, rows)],
                "ink": random.beta(2, 9, rows).round(4),
                "verified": random.random(rows) < 0.2,
            }
        )
    )


def _to_parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    return file.getvalue()


def _to_csv(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pa.csv.write_csv(table, file)
    return file.getvalue()
