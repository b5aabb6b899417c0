from stockfeed_local.emulator.result import KEPT, RecentResults


def test_oldest_results_are_dropped() -> None:
    results = RecentResults()
    for number in range(KEPT + 3):
        results[str(number)] = (number,)
    assert len(results) == KEPT
    assert "2" not in results
    assert results[str(KEPT + 2)] == (KEPT + 2,)
