"""Write a model card with a model-index, and a file of .eval_results, as huggingface_hub does."""

from pathlib import Path

import yaml
from huggingface_hub import (
    EvalResult,
    EvalResultEntry,
    ModelCard,
    ModelCardData,
    eval_result_entries_to_yaml,
)

DATASET = {"dataset_type": "local/digits", "dataset_name": "Digits"}
WHERE = {"task_type": "image-classification", "dataset_split": "test", **DATASET}
results = [
    EvalResult(
        metric_type="accuracy",
        metric_name="Accuracy",
        metric_value=0.9691,
        dataset_config="default",
        dataset_revision="5503434ddd753f426f4b38109466949a1217c2bb",
        dataset_args={"size": 8},
        source_name="A run",
        source_url="https://example.org/run/1",
        **WHERE,
    ),
    EvalResult(
        metric_type="f1",
        metric_value=0.9685,
        metric_config="macro",
        metric_args={"average": "macro"},
        dataset_config="default",
        dataset_revision="5503434ddd753f426f4b38109466949a1217c2bb",
        dataset_args={"size": 8},
        source_name="A run",
        source_url="https://example.org/run/1",
        **WHERE,
    ),
    EvalResult(
        task_type="automatic-speech-recognition",
        task_name="Speech Recognition",
        dataset_type="local/voices",
        dataset_name="Voices (French)",
        metric_type="wer",
        metric_value=20.9,
        verified=True,
        verify_token="eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl",
    ),
]
data = ModelCardData(
    language="en", license="apache-2.0", model_name="digits-svm", eval_results=results
)
ModelCard(f"---\n{data.to_yaml()}\n---\n\n# digits-svm\n\nA card.\n").save("README.md")

entries = [
    EvalResultEntry(
        dataset_id="local/digits",
        task_id="default",
        value=96.91,
        dataset_revision="5503434ddd753f426f4b38109466949a1217c2bb",
        date="2026-11-24T10:30:00Z",
        source_url="https://example.org/run/1",
        source_name="Eval traces",
        source_user="someone",
        notes="no-tools",
    ),
    EvalResultEntry(dataset_id="local/voices", task_id="french", value=0.412),
]
Path(".eval_results").mkdir(exist_ok=True)
Path(".eval_results/digits.yaml").write_text(
    yaml.dump(eval_result_entries_to_yaml(entries), sort_keys=False)
)
