"""What people type into several forms, read alike."""

from typing import NamedTuple

from assethub.console.visits import Form


class Said(NamedTuple):
    """A name, labels and a description, as forms of folders and assets have them."""

    name: str
    labels: list[str]
    description: str


def read_said(form: Form) -> Said:
    return Said(
        form.get("name", "").strip(),
        read_labels(form.get("labels", "")),
        form.get("description", "").replace("\r\n", "\n").strip(),
    )


def read_labels(text: str) -> list[str]:
    """Labels, one a line or with commas between."""
    lines = text.replace(",", "\n").replace("\uff0c", "\n").splitlines()
    return [label.strip() for label in lines if label.strip()]
