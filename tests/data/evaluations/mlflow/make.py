"""Two runs of one experiment, logged by MLflow's client, and one that failed."""

import mlflow
from mlflow.data.meta_dataset import MetaDataset
from mlflow.data.sources import LocalArtifactDatasetSource

mlflow.set_tracking_uri("mlruns")
experiment = mlflow.create_experiment("digits", artifact_location="artifacts")
mlflow.set_experiment(experiment_id=experiment)
for name, rate, accuracy in (("first", 0.1, 0.91), ("second", 0.01, 0.95)):
    with mlflow.start_run(run_name=name):
        mlflow.set_tag("mlflow.source.git.commit", "a3f5c0de" * 5)
        mlflow.set_tag("mlflow.user", "someone")
        mlflow.set_tag("mlflow.note.content", "A small run.")
        mlflow.log_params({"lr": rate, "seed": 7, "optimizer": "sgd"})
        for step in range(3):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        source = LocalArtifactDatasetSource("digits.csv")
        mlflow.log_input(MetaDataset(source=source, name="digits", digest="1f2e3d4c"), "eval")
        mlflow.log_metrics({"accuracy": accuracy, "val/f1 macro": accuracy - 0.01})
try:
    with mlflow.start_run(run_name="failed"):
        mlflow.log_metric("loss", float("nan"))
        raise SystemExit(0)
except SystemExit:
    pass
