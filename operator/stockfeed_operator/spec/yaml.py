"""Reads feeds from YAML as kubectl does, and says where it is wrong by line and column."""

from typing import Any

import yaml

from stockfeed_operator.spec.feed import KIND, StockFeed
from stockfeed_operator.spec.validate import InvalidFeedError, check


class _Loader(yaml.SafeLoader):
    """As the API server's clients read YAML: dates are text, and no key is there twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    "while reading an object",
                    node.start_mark,
                    f"the key {key.value!r} is there twice; keep one of them",
                    key.start_mark,
                )
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else "")
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def valid_feeds(text: str, source: str) -> list[StockFeed]:
    """The StockFeeds among the text's documents, checked; other kinds are left out.

    Args:
        text: YAML or JSON, one or more documents.
        source: what to call it in errors, e.g. the file's name.

    Raises:
        InvalidFeedError: it is no YAML, holds no StockFeed, or one that is wrong; a YAML error
            names line and column, another one the feed and the field.
    """
    try:
        # The loader is a safe one.
        documents = list(yaml.load_all(text, _Loader))
    except yaml.YAMLError as error:
        raise InvalidFeedError([_worded(error, source)]) from error
    feeds = [part for part in documents if isinstance(part, dict) and part.get("kind") == KIND]
    if not feeds:
        raise InvalidFeedError([f"{source}: there is no document with `kind: {KIND}`"])
    return _checked(feeds)


def _checked(resources: list[dict[str, Any]]) -> list[StockFeed]:
    feeds: list[StockFeed] = []
    problems: list[str] = []
    for resource in resources:
        try:
            feeds.append(check(resource))
        except InvalidFeedError as error:
            problems += (f"{KIND} {_name(resource)}: {problem}" for problem in error.problems)
    if problems:
        raise InvalidFeedError(problems)
    return feeds


def _name(resource: dict[str, Any]) -> str:
    metadata = resource.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _worded(error: yaml.YAMLError, source: str) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f"{source}: {error}"
    mark = error.problem_mark
    return f"{source}:{mark.line + 1}:{mark.column + 1}: {error.problem}"


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base's signature
        """Parts that are the same object in Python are written out each time."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def to_yaml(*documents: Any) -> str:
    """The documents, in the order of their fields, each after a `---` but the first."""
    return yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)
