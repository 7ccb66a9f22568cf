"""What an HTTP job may ask for: whatever is wrong with it is said when it is created."""

import pytest

from jobs import targets

URL = "https://example.com/"


def problems(**payload):
    with pytest.raises(targets.InvalidArguments) as refused:
        targets.find("http").check({"url": URL, **payload})
    return " ".join(refused.value.problems)


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        ({"url": "ftp://example.com/"}, "write a whole address such as https://example.com/path"),
        ({"url": "example.com"}, "write a whole address"),
        ({"url": "https:///path"}, "write a whole address"),
        ({"url": "https://u:p@example.com/"}, "put credentials into a header"),
        ({"url": "https://example.com/ä"}, "percent-encode"),
        ({"url": "https://example.com/a b"}, "percent-encode"),
        ({"url": "https://example.com/\r\nX: 1"}, "percent-encode"),
        ({"url": "https://example.com:0/"}, "0 is no port"),
        ({"url": "https://example.com:99999/"}, "ort"),
        ({"method": "BREW"}, "'GET'"),
        ({"headers": {"X\r\nY": "1"}}, "is no header"),
        ({"headers": {"X": "1\r\nY: 2"}}, "is no header"),
        ({"headers": {"Host": "other"}}, "'Host' is set by RunAt itself"),
        ({"headers": {"webhook-signature": "v1,x"}}, "is set by RunAt itself"),
        ({"json": 1, "text": "2"}, "A request has one body: give one of json, text, form."),
        ({"expect": []}, "expect"),
        ({"expect": [99]}, "expect"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": 3601}, "timeout"),
        ({"jason": 1}, "Argument 'jason' is not known: http takes url: str"),
    ],
)
def test_what_is_refused(payload, sentence):
    assert sentence in problems(**payload)


def test_the_usage_names_arguments_as_json_does():
    assert ", json: " in targets.find("http").usage()


def test_a_minimal_one():
    assert targets.find("http").check({"url": URL}) == {"url": URL}
