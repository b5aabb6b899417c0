from stockfeed import termination


def test_the_reason_is_written_where_kubernetes_reads_it(tmp_path):
    log = tmp_path / "termination-log"
    log.touch()
    termination.report("topic is missing: créez-le", log)
    assert log.read_text() == "topic is missing: créez-le"


def test_the_beginning_of_a_long_reason_is_kept(tmp_path):
    log = tmp_path / "termination-log"
    log.touch()
    termination.report("a" * 4096 + "b", log)
    assert log.read_bytes() == b"a" * 4096


def test_outside_a_container_nothing_is_made(tmp_path):
    termination.report("reason", tmp_path / "termination-log")
    assert list(tmp_path.iterdir()) == []
