"""The hub's other processes, which open and sign envelopes: they open no database and no connection."""

from dataclasses import dataclass
from typing import Any

from certs.own import trust_of
from certs.trust import Use
from config.hub import HubSettings
from config.memory import collect_seldom
from config.version import software_version
from hub.intake import take_in
from hub.outside import Outside
from soap_wsdl.envelopes import Opener
from soap_wsdl.envelopes_process import answer_all
from soap_wsdl.vocabulary import HUB, RegisterSignals

TRUST_RESTS = 0.1
"""Seconds between two looks at the files of the trust stores: a new list works at once for people, not per request."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the hub's process hands to these: its settings, and what must be the same here as there."""

    settings: HubSettings
    pepper_check: bytes
    version: str


class NotTheSame(Exception):
    """This process is not of the hub that started it: other code, or another pepper."""


def begin(recipe: Recipe) -> Opener:
    """Opens what regions send to this hub, and peppers the tags of what they register.

    Raises NotTheSame: with another pepper on the disk than the hub began with, every match would silently be missed.
    """
    if recipe.version != software_version():
        raise NotTheSame("the software was changed under a running hub: start the hub again")
    pepper = Outside(recipe.settings.outside_directory).pepper()
    if pepper.check() != recipe.pepper_check:
        raise NotTheSame("the pepper was changed under a running hub: put back the one that it began with")

    def prepare(message: Any) -> Any:
        return take_in(message, pepper) if isinstance(message, RegisterSignals) else message

    trust = trust_of(recipe.settings.certificates, Use.SIGNING, rests=TRUST_RESTS)
    opener = Opener(HUB, recipe.settings.public_url, trust, prepare)
    collect_seldom()
    return opener


if __name__ == "__main__":
    answer_all(begin)
