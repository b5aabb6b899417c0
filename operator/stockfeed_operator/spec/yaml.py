"""Reads feeds from YAML as kubectl does, and writes manifests as readable YAML."""

from typing import Any

import yaml

from stockfeed_operator.spec.feed import KIND, StockFeed
from stockfeed_operator.spec.validate import InvalidFeedError, check


class _Loader(yaml.SafeLoader):
    """Loader with kubectl's semantics: dates are strings, and duplicate keys are errors."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    "while reading an object",
                    node.start_mark,
                    f"the key {key.value!r} is duplicated; keep one",
                    key.start_mark,
                )
            # Keys that are no scalars are left to SafeLoader, which refuses unhashable ones.
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else "")
        return super().construct_mapping(node, deep)


# A copy: changing the inherited dictionary would change SafeLoader for the whole process.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def valid_feeds(text: str, source: str) -> list[StockFeed]:
    """Reads and validates all StockFeeds in a text; other kinds are ignored.

    Args:
        text: YAML or JSON with one or more documents.
        source: name of the text in error messages, e.g. a file name.

    Raises:
        InvalidFeedError: the text is not YAML, contains no StockFeed, or contains an invalid one.
            YAML errors have line and column, other errors the feed and the field.
    """
    try:
        # Safe: the loader is derived from SafeLoader.
        documents = list(yaml.load_all(text, _Loader))
    except yaml.YAMLError as error:
        raise InvalidFeedError([_format_error(error, source)]) from error
    feeds = [part for part in documents if isinstance(part, dict) and part.get("kind") == KIND]
    if not feeds:
        raise InvalidFeedError([f"{source}: no document with `kind: {KIND}` found"])
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


def _format_error(error: yaml.YAMLError, source: str) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f"{source}: {error}"
    mark = error.problem_mark
    return f"{source}:{mark.line + 1}:{mark.column + 1}: {error.problem}"


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - signature of the base class
        """Writes repeated parts in full rather than as YAML aliases."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def to_yaml(*documents: Any) -> str:
    """Formats documents as YAML, separated by `---`, with fields in their original order."""
    return yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)
