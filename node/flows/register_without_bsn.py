"""A professional signals a youth who has no BSN, by surname, birth date and sex: Besluit Jeugdwet 7.3.1.

1. The register of persons is not asked: it has nobody without a BSN, and whether it has somebody else of this name and
   birth date is nobody's business here.
2. In one write all that any signal asks and brings (``flows.register_signal``), about a youth in a space of its own:
   it meets others that were made by the same three attributes, here and over the hub, as a possible match; never one
   about a BSN, and never a family.
3. Nudge the delivery.

When the BSN appears, ``flows.give_bsn`` makes it a signal as any other.
"""

from uuid import UUID

from node.domain.person import Vsn, Youth
from node.flows.desk import Desk
from node.flows.register_signal import Registered, register_youth


async def register_without_bsn(desk: Desk, who: UUID, vsn: Vsn, months: int | None = None) -> Registered:
    """Save a signal of ``who`` about the youth of these three attributes. Raises what ``register_signal`` does."""
    return await register_youth(desk, who, Youth(None, None, vsn), months)
