"""What core says in sentences about statistics, in the visitor's language."""

from collections.abc import Sequence
from functools import cache

from assethub.console.evaluations.sentences import (
    N_,
    Sentences,
    compile_sentences,
    find_sentence,
)
from assethub.console.languages import Language

# As core writes them: in the order of its modules, with what varies by name.
_REMARKS = (
    N_(
        "%(some)s of %(all)s were measured on another commit of the dataset: their values may not "
        "be comparable"
    ),
    N_(
        "%(some)s of %(all)s say nothing of how sure their value is: unless they have samples, "
        "they are told apart by it alone"
    ),
    N_("Values with a count and no standard error are taken for shares of it."),
    N_("measured on different data"),
    N_("only %(side)s has this metric"),
    N_("no sample has a finite value in both"),
    N_("more than %(most)s samples are not paired: compared by value"),
    N_("no sample id is in both: compared by value"),
    N_("evaluation %(id)s is marked as invalid: %(reason)s"),
    N_("across different data, so that a difference may be that of the data: %(places)s"),
    N_(
        "p-values are adjusted by Holm's method over %(count)s comparison; a verdict needs one of "
        "at most 0.05 and an interval without 0"
    ),
    N_(
        "p-values are adjusted by Holm's method over %(count)s comparisons; a verdict needs one of "
        "at most 0.05 and an interval without 0"
    ),
    N_("only %(count)s clusters: the interval may be too narrow"),
    N_("a value is not finite: nothing can be compared"),
    N_("a value comes without standard error or count: nothing says how sure it is"),
    N_("the values are taken for shares of so many samples, since no standard error is given"),
    N_("unpaired: the samples are not known, so it is not used that they may be the same"),
    N_(
        "the mean of %(side)s's samples is %(mean)s, not %(value)s as recorded: the samples are "
        "compared"
    ),
    N_(
        "%(count)s pairs were compared by their samples; the others are told apart by their "
        "values and standard errors, or ask for fewer"
    ),
    N_(
        "Higher is better. Entries that are not significantly worse than the best of their group "
        "share its rank (level %(level)s, Holm's method over the pairs of it and those below)."
    ),
    N_(
        "Lower is better. Entries that are not significantly worse than the best of their group "
        "share its rank (level %(level)s, Holm's method over the pairs of it and those below)."
    ),
    N_("%(count)s sample only in A left out"),
    N_("%(count)s samples only in A left out"),
    N_("%(count)s sample only in B left out"),
    N_("%(count)s samples only in B left out"),
    N_("%(count)s sample more than once in A left out"),
    N_("%(count)s samples more than once in A left out"),
    N_("%(count)s sample more than once in B left out"),
    N_("%(count)s samples more than once in B left out"),
    N_("%(count)s sample without a finite value left out"),
    N_("%(count)s samples without a finite value left out"),
)


def translate(language: Language, remarks: Sequence[str]) -> list[str]:
    """The remarks in the language; one that has no translation stays as it is."""
    return [_translate(language, remark) for remark in remarks]


def _translate(language: Language, remark: str) -> str:
    found = find_sentence(_sentences(), remark)
    return language.translations.gettext(found[0]) % found[1] if found else remark


@cache
def _sentences() -> Sentences:
    return compile_sentences(_REMARKS)
