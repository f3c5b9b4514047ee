"""A local task of six questions, answered by Inspect's mock model."""

import tiktoken
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes, match
from inspect_ai.solver import generate

# Inspect counts tokens by an encoding that is fetched; this one, a token a byte, is at hand.
tiktoken.registry.ENCODINGS["o200k_base"] = tiktoken.Encoding(
    "o200k_base",
    pat_str=r"\w+|\W",
    mergeable_ranks={bytes([each]): each for each in range(256)},
    special_tokens={},
)


@task
def capitals(difficulty: str = "easy") -> Task:
    questions = [
        ("Capital of France?", "Paris"),
        ("Capital of Peru?", "Lima"),
        ("Capital of Kenya?", "Nairobi"),
        ("Default what?", "Default output"),
        ("Output from whom?", "mockllm"),
        ("Capital of Japan?", "Tokyo"),
    ]
    samples = [
        Sample(id=f"q{at}", input=question, target=answer, metadata={"region": at % 2})
        for at, (question, answer) in enumerate(questions)
    ]
    return Task(dataset=samples, solver=[generate()], scorer=[includes(), match()], version="2")
