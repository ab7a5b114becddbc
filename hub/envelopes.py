"""The hub's other processes, which open and sign envelopes: they have no database and no connection."""

from typing import Any

from certs.own import trust_of
from certs.trust import Use
from config.hub import HubSettings
from config.memory import collect_seldom
from hub.intake import take_in
from hub.outside import Outside
from soap_wsdl.envelopes import Opener
from soap_wsdl.envelopes_apart import answer_all
from soap_wsdl.vocabulary import HUB, RegisterSignals

TRUST_RESTS = 0.1
"""Seconds between two looks at the files of the trust stores: a new list works at once for people, not per request."""


def begin(settings: HubSettings) -> Opener:
    """Opens what regions send to this hub, and peppers the tags of what they register."""
    pepper = Outside(settings.outside_directory).pepper()

    def prepare(message: Any) -> Any:
        return take_in(message, pepper) if isinstance(message, RegisterSignals) else message

    trust = trust_of(settings.certificates, Use.SIGNING, rests=TRUST_RESTS)
    opener = Opener(HUB, settings.public_url, trust, prepare)
    collect_seldom()
    return opener


if __name__ == "__main__":
    answer_all(begin)
