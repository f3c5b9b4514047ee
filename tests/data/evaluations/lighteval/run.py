"""Run the local task on lighteval's dummy model, and keep its results and details."""

from lighteval.logging.evaluation_tracker import EvaluationTracker
from lighteval.models.dummy.dummy_model import DummyModelConfig
from lighteval.pipeline import ParallelismManager, Pipeline, PipelineParameters
from lighteval.tasks.registry import Registry

# Some of lighteval's own tasks ask servers for files while they are loaded.
Registry._load_from_files = staticmethod(lambda *_: {})
Registry._load_from_subdirs = staticmethod(lambda *_: {})

if __name__ == "__main__":
    pipeline = Pipeline(
        tasks="local_questions|0",
        pipeline_parameters=PipelineParameters(
            launcher_type=ParallelismManager.NONE, custom_tasks_directory="local_task.py"
        ),
        evaluation_tracker=EvaluationTracker(output_dir="out", save_details=True),
        model_config=DummyModelConfig(model_name="local/dummy", seed=5),
    )
    pipeline.evaluate()
    pipeline.save_and_push_results()
    pipeline.show_results()
