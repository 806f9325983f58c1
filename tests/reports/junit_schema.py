"""What the schema that Jenkins judges JUnit XML by (junit-10.xsd of its xUnit plugin) asks of a file, in our words.

The schema itself is in no package that could be depended on. Of its elements, those for reruns are left out: bfdspec
writes none.
"""

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")
"""SUREFIRE_TIME: digits in groups of three or not, and decimals; no exponent."""


@dataclass(frozen=True)
class Rule:
    """What an element must and may have."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    text: bool = False


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


RULES: dict[str, Rule] = {
    "testsuites": Rule(optional=_names("name time tests failures errors"), children=_names("testsuite")),
    "testsuite": Rule(
        required=_names("name tests failures errors"),
        optional=_names("group time skipped timestamp hostname id package file log url"),
        children=_names("testsuite properties testcase system-out system-err"),
    ),
    "testcase": Rule(
        required=_names("name"),
        optional=_names("time classname group"),
        children=_names("skipped error failure system-out system-err"),
    ),
    "properties": Rule(children=_names("property")),
    "property": Rule(required=_names("name value")),
    **dict.fromkeys(("failure", "error", "skipped"), Rule(optional=_names("type message"), text=True)),
    **dict.fromkeys(("system-out", "system-err"), Rule(text=True)),
}


def complaints(root: Element) -> list[str]:
    """Where the file with this root breaks the schema, a line each."""
    if root.tag not in {"testsuites", "testsuite"}:
        return [f"the root is {root.tag}"]
    return [line for element in root.iter() for line in _about(element)]


def _about(element: Element) -> list[str]:
    rule = RULES.get(element.tag)
    if rule is None:
        return [f"{element.tag} is no element of the schema"]
    have = set(element.attrib)
    found = [f"{element.tag} lacks {name}" for name in rule.required - have]
    found += [f"{element.tag} has {name}" for name in have - rule.required - rule.optional]
    found += [f"{child.tag} in {element.tag}" for child in element if child.tag not in rule.children]
    own_text = [element.text, *(child.tail for child in element)]
    if not rule.text and any(part and part.strip() for part in own_text):
        found.append(f"text in {element.tag}")
    if element.tag != "testcase" and not _TIME.fullmatch(element.attrib.get("time", "")):
        found.append(f"{element.tag} has the time {element.attrib['time']}")
    return found
