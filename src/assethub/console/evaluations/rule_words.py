"""What core says of the rules of gates, in the visitor's language."""

from collections.abc import Sequence
from functools import cache

from assethub.console.evaluations.sentences import (
    N_,
    Sentences,
    compile_sentences,
    find_sentence,
)
from assethub.console.languages import Language
from assethub.core.gates.verdicts import RuleResult

# As core/gates/verdicts.py and keeping.py write them.
_SENTENCES = (
    N_("%(bound)s of the difference to %(baseline)s above %(limit)s"),
    N_("%(bound)s of the difference to %(baseline)s below %(limit)s"),
    N_("at least %(limit)s"),
    N_("at most %(limit)s"),
    N_("%(count)s samples or more"),
    N_("not older than %(age)s"),
    N_("slices %(names)s"),
    N_("has to be there"),
    N_("lower bound"),
    N_("upper bound"),
    N_("no evaluation that counts"),
    N_("no evaluation of commit %(commit)s has this metric on this dataset"),
    N_(
        "commit %(commit)s was evaluated on commit %(others)s of the dataset, and the rule names "
        "%(wanted)s now"
    ),
    N_("every evaluation of commit %(commit)s there is %(reasons)s"),
    N_("%(count)s samples are needed, and there is %(most)s"),
    N_("is %(value)s (evaluation %(id)s), below %(limit)s"),
    N_("is %(value)s (evaluation %(id)s), above %(limit)s"),
    N_("is %(value)s (evaluation %(id)s), not a finite number"),
    N_("every evaluation is older than %(age)s: evaluate again"),
    N_("slices are missing: %(names)s"),
    N_(
        "the baseline %(baseline)s, commit %(commit)s, has no evaluation that counts on commit "
        "%(dataset)s of the dataset: evaluate it there"
    ),
    N_(
        "nothing says how sure the values are: record a standard error, the number of samples, or "
        "the samples"
    ),
    N_("the lower bound of the difference %(difference)s is not above %(limit)s"),
    N_("the upper bound of the difference %(difference)s is not below %(limit)s"),
    N_("the dataset, or what the rule names of it, is gone"),
    N_("the baseline %(baseline)s is gone"),
)
_REQUIRED = N_("%(metric)s on %(dataset)s: %(rest)s")


def translate_results(language: Language, results: Sequence[RuleResult]) -> list[RuleResult]:
    """The results with their sentences in the language; what is not known stays as it is."""
    return [
        each._replace(
            required=_say_required(language, each.required),
            actual=_say(language, each.actual),
            reason=_say_all(language, each.reason, "; "),
        )
        for each in results
    ]


def _say_all(language: Language, text: str, between: str) -> str:
    return between.join(_say(language, part) for part in text.split(between))


def _say_required(language: Language, text: str) -> str:
    found = find_sentence(_required(), text)
    if found is None:
        return text
    values = found[1] | {"rest": _say_all(language, found[1]["rest"], ", ")}
    return language.translations.gettext(_REQUIRED) % values


def _say(language: Language, sentence: str) -> str:
    found = find_sentence(_sentences(), sentence)
    if found is None:
        return sentence
    text, values = found
    if "bound" in values:
        values["bound"] = _say(language, values["bound"])
    return language.translations.gettext(text) % values


@cache
def _sentences() -> Sentences:
    return compile_sentences(_SENTENCES)


@cache
def _required() -> Sentences:
    return compile_sentences([_REQUIRED])
