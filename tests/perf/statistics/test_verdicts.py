"""The sizes of samples from which something can be said, and what is said."""

import pytest

from perf.statistics.binomial import at_least, at_most, share_interval
from perf.statistics.percentiles import Percentile, percentile
from perf.statistics.verdicts import Verdict, binomial_verdict, samples_needed, worst


@pytest.mark.parametrize(("share", "needed"), [(0.05, 59), (0.01, 299), (0.005, 598)])
def test_a_pass_needs_so_many_samples_without_a_bad_one(share: float, needed: int) -> None:
    assert samples_needed(share) == needed
    assert binomial_verdict(0, needed, share) is Verdict.PASS
    assert binomial_verdict(0, needed - 1, share) is Verdict.INCONCLUSIVE
    assert binomial_verdict(1, needed, share) is Verdict.INCONCLUSIVE


def test_no_samples_prove_nothing() -> None:
    assert binomial_verdict(0, 0, 0.05) is Verdict.INCONCLUSIVE


def test_a_fail_needs_more_bad_ones_than_chance_gives() -> None:
    # Of 100 with a true share of 5%, 9 or more bad ones come with 6.3%, 10 or more with 2.8%.
    assert binomial_verdict(9, 100, 0.05) is Verdict.INCONCLUSIVE
    assert binomial_verdict(10, 100, 0.05) is Verdict.FAIL


def test_the_worst_verdict_is_that_of_all() -> None:
    verdicts = [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL]
    assert worst(verdicts) is Verdict.FAIL
    assert worst(verdicts[:2]) is Verdict.INCONCLUSIVE
    assert worst(verdicts[:1]) is Verdict.PASS


def test_the_tails_are_those_of_the_tables() -> None:
    assert at_most(2, 10, 0.3) == pytest.approx(0.3827827864)
    assert at_most(7, 10, 0.3) == pytest.approx(0.9984096136)
    assert at_least(3, 10, 0.3) == pytest.approx(0.6172172136)
    assert at_most(15_000, 30_000, 0.5) == pytest.approx(0.5023031, abs=1e-6)
    assert (at_most(-1, 5, 0.5), at_most(5, 5, 0.5)) == (0.0, 1.0)


def test_the_interval_of_a_share_is_clopper_and_pearsons() -> None:
    assert share_interval(1, 10) == pytest.approx((0.0025286, 0.4450161), abs=1e-6)
    assert share_interval(0, 10) == pytest.approx((0.0, 0.3084971), abs=1e-6)
    assert share_interval(10, 10) == pytest.approx((0.6915029, 1.0), abs=1e-6)
    assert share_interval(0, 0) == (0.0, 1.0)


def test_a_percentile_lies_between_the_samples_that_the_tables_name() -> None:
    """The median of 100 as in Conover, Practical Nonparametric Statistics, 3.2."""
    samples = [float(number) for number in range(1, 101)]
    assert percentile(samples, 0.5) == Percentile(50, 40, 61)
    assert percentile(samples, 0.95) == Percentile(95, 90, 100)


def test_too_few_samples_have_no_upper_end() -> None:
    assert percentile([1.0, 2.0, 3.0], 0.95) == Percentile(3.0, 2.0, None)
    assert percentile([], 0.5) is None
