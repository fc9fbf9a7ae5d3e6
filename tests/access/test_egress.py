"""The egress policy: what is not allowed stays, whatever the rules look like."""

from __future__ import annotations

import random
from fnmatch import fnmatchcase

import pytest

from homeground.access.egress import Policy, check_label
from homeground.errors import ConfigError
from homeground.models.destination import split, stays_here
from homeground.settings import EgressRule, EgressSettings

SETTINGS = EgressSettings()


@pytest.mark.parametrize(
    "destination", ["", "localhost", "LOCALHOST:8000", "localhost.", "127.0.0.1", "127.8.9.1:80", "::1", "[::1]:8080"]
)
def test_the_loopback_address_is_this_machine(destination: str) -> None:
    assert stays_here(destination)
    assert not Policy(SETTINGS).leaves(destination)


@pytest.mark.parametrize(
    "destination",
    [
        "api.example.com",
        "10.0.0.1",
        "192.168.1.1:80",
        "localhost.example.com",
        "127.0.0.1.example.com",
        "0.0.0.0",
        "fe80::1",
        "127.1.example.org:443",
        "[2001:db8::1]:443",
        "my-localhost",
    ],
)
def test_everything_else_is_not(destination: str) -> None:
    assert not stays_here(destination)
    assert Policy(SETTINGS).leaves(destination)


def test_a_loopback_that_is_not_trusted_is_a_destination_like_any_other() -> None:
    policy = Policy(EgressSettings(trust_loopback=False), (EgressRule(to=("localhost:9000",), most="public"),))
    assert policy.leaves("localhost:8000")
    assert not policy.known("localhost:8000")
    assert policy.known("localhost:9000")
    assert not policy.leaves("")


@pytest.mark.parametrize(
    ("destination", "parts"),
    [
        ("Api.Example.com:443", ("api.example.com", "443")),
        ("api.example.com", ("api.example.com", "")),
        ("[::1]:80", ("::1", "80")),
        ("2001:db8::1", ("2001:db8::1", "")),
    ],
)
def test_a_destination_is_a_host_and_perhaps_a_port(destination: str, parts: tuple[str, str]) -> None:
    assert split(destination) == parts


def test_without_a_rule_nothing_may_go_anywhere() -> None:
    policy = Policy(SETTINGS)
    assert not policy.known("api.example.com")
    assert not any(policy.allows("api.example.com", "docs", label) for label in SETTINGS.labels)


@pytest.mark.parametrize(
    ("destination", "source", "label", "allowed"),
    [
        ("api.example.com", "handbook", "public", True),
        ("api.example.com:443", "handbook", "internal", True),
        ("API.example.com", "handbook", "internal", True),
        ("api.example.com", "handbook", "confidential", False),
        ("api.example.com", "hr", "public", False),
        ("api.example.com.evil.net", "handbook", "public", False),
        ("evil-api.example.com", "handbook", "public", False),
        ("eu.gpu.example.net:8443", "hr", "confidential", True),
        ("eu.gpu.example.net", "hr", "confidential", False),
        ("eu.gpu.example.net:8443", "hr", "secret", False),
        ("eu.gpu.example.net:8443", "hr", "unknown", False),
        ("eu.gpu.example.net:8443", "hr", "", False),
    ],
)
def test_a_rule_names_destination_source_and_label(destination: str, source: str, label: str, allowed: bool) -> None:
    rules = (
        EgressRule(to=("api.example.com",), most="internal", sources=("hand*",)),
        EgressRule(to=("*.gpu.example.net:8443",), most="confidential"),
    )
    assert Policy(SETTINGS, rules).allows(destination, source, label) == allowed


def test_rules_do_not_add_up() -> None:
    rules = (
        EgressRule(to=("a",), most="public", sources=("hr",)),
        EgressRule(to=("a",), most="secret", sources=("press",)),
        EgressRule(to=("b",), most="secret", sources=("hr",)),
    )
    assert not Policy(SETTINGS, rules).allows("a", "hr", "secret")


@pytest.mark.parametrize("seed", range(500))
def test_what_is_allowed_is_what_one_rule_says(seed: int) -> None:
    """Against the plain reading of the rules, on settings made at random."""
    rng = random.Random(seed)
    labels = tuple(rng.sample(["green", "yellow", "orange", "red", "black"], rng.randint(1, 5)))
    hosts, names = ["a.example", "b.example", "c.b.example"], ["hr", "hr/pay", "press", "legal"]
    rules = tuple(
        EgressRule(
            to=tuple(rng.sample([*hosts, "*", "*.example", "*.b.example"], rng.randint(1, 2))),
            most=rng.choice(labels),
            sources=tuple(rng.sample([*names, "*", "hr*", "p?ess"], rng.randint(1, 3))),
        )
        for _ in range(rng.randint(0, 4))
    )
    policy = Policy(EgressSettings(labels=labels, default_label=labels[0]), rules)
    for host in hosts:
        for name in names:
            for label in [*labels, "grey"]:
                expected = any(
                    any(fnmatchcase(host, to) for to in rule.to)
                    and any(fnmatchcase(name, source) for source in rule.sources)
                    and label in labels[: labels.index(rule.most) + 1]
                    for rule in rules
                )
                assert policy.allows(host, name, label) == expected


def test_a_label_that_the_settings_do_not_know_is_refused() -> None:
    check_label("secret", SETTINGS)
    with pytest.raises(ConfigError, match="'top' is not one of the labels: public, internal"):
        check_label("top", SETTINGS)
