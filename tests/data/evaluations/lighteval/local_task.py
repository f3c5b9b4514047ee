"""A local task for lighteval: questions of two choices, in questions/test.jsonl."""

from lighteval.metrics.metrics import Metrics
from lighteval.tasks.lighteval_task import LightevalTaskConfig
from lighteval.tasks.requests import Doc


def make_doc(line: dict, task_name: str) -> Doc:
    choices = [f" {each}" for each in line["choices"]]
    return Doc(
        task_name=task_name, query=line["question"], choices=choices, gold_index=line["answer"]
    )


TASKS_TABLE = [
    LightevalTaskConfig(
        name="local_questions",
        prompt_function=make_doc,
        hf_repo="questions",
        hf_subset="default",
        metrics=[Metrics.loglikelihood_acc],
        hf_avail_splits=["test"],
        evaluation_splits=["test"],
        version=1,
    )
]
