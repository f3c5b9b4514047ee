"""What people type into several forms, read alike."""

from typing import NamedTuple

from assethub.console.visits import Form
from assethub.errors import InvalidInput


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


def check_typed(form: Form, name: str) -> None:
    """Raises InvalidInput unless the name of what is to go was typed to confirm it."""
    if form.get("typed", "") != name:
        raise InvalidInput("the name was typed differently", code="typed_differently")
