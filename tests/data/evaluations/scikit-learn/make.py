"""Report on a small classifier of scikit-learn's own digits, as text and as JSON."""

import json
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split

digits = load_digits(n_class=4)
names = ["zero", "one", "number two", "three"]
data = train_test_split(digits.data, digits.target, random_state=0, test_size=0.4)
model = LogisticRegression(max_iter=20, C=1e-4).fit(data[0], data[2])
given = {"y_true": data[3], "y_pred": model.predict(data[1]), "target_names": names}
Path("report.txt").write_text(classification_report(**given))
Path("report.json").write_text(json.dumps(classification_report(**given, output_dict=True)))
# With some of the labels only, there is a micro average in place of the accuracy.
some = {**given, "labels": [1, 2], "target_names": names[1:3]}
Path("some-labels.txt").write_text(classification_report(**some, digits=4))
Path("some-labels.json").write_text(json.dumps(classification_report(**some, output_dict=True)))
