"""The private key stays in the Secret's mount and in memory."""


def test_no_run_writes_or_prints_the_key_or_its_passphrase(minutes, recording):
    secret = minutes.home / "secret"
    # A line of the key's own text, between the ones that every key has.
    key = (secret / "privateKey").read_text().splitlines()[3]
    passphrase = (secret / "privateKeyPassphrase").read_text()
    written = [
        file for file in minutes.home.rglob("*") if file.is_file() and secret not in file.parents
    ]
    assert any(file.name == "manifest.json" for file in written)
    for text in (key, passphrase):
        assert text not in minutes.printed
        assert [file for file in written if text.encode() in file.read_bytes()] == []
    assert not any(key in statement.text for statement in recording.statements)
