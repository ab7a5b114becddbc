"""Which organisations may use the BSN: Jeugdwet 7.1.4.2(2) and (3). Pure.

Who is entitled by law gives the number with a signal; everybody else signals by name, and is never shown it. A body of
government may use it for its public task (Wabb 10); anybody else only where a law says so. A region says otherwise
for one organisation where it knows better (O7).
"""

from collections.abc import Mapping

from node.domain.errors import FieldNotFit
from node.domain.organisation import Category

_JEUGDWET = "Jeugdwet 7.2.1"
_CARE = "Wabvpz 4"
_GOVERNMENT = "Wabb 10"
_SUPPORT = "Wmo 2015 5.2.9"

GROUNDS: Mapping[Category, str] = {
    Category.GEMEENTELIJKE_TOEGANG: _JEUGDWET,
    Category.VEILIG_THUIS: _SUPPORT,
    Category.JEUGDHULPAANBIEDER: _JEUGDWET,
    Category.GECERTIFICEERDE_INSTELLING: _JEUGDWET,
    Category.JEUGDGEZONDHEIDSZORG: _CARE,
    Category.VERSLAVINGSZORG: _CARE,
    Category.GEHANDICAPTENZORG: _CARE,
    Category.GGZ: _CARE,
    Category.INTEGRALE_EERSTELIJN: _CARE,
    Category.SPOEDEISENDE_HULP: _CARE,
    Category.HUISARTS: _CARE,
    Category.RMC: _GOVERNMENT,
    Category.LEERPLICHT: _GOVERNMENT,
    Category.WMO_AANBIEDER: _SUPPORT,
    Category.KREDIETBANK: _GOVERNMENT,
    Category.POLITIE: _GOVERNMENT,
    Category.RAAD: _JEUGDWET,
}
"""The categories that may use the BSN unless the region says otherwise, and the law on which that rests.

A school keeps the number for what the education laws name, and signalling is not among it; Halt and the preventive
field are no bodies of government, and no law gives them the number for this. They signal by name.
"""

CATEGORY_DECIDES = "categorie"
_SAID: Mapping[str, bool | None] = {"ja": True, "nee": False, CATEGORY_DECIDES: None}


def may_use(category: Category | None, said: bool | None) -> bool:
    """Whether an organisation may use the BSN. ``said`` is the region's word for it; None leaves it to the category."""
    return category in GROUNDS if said is None else said


def said_as(text: str) -> bool | None:
    """What ``ja``, ``nee`` or ``categorie`` says. Raises FieldNotFit."""
    try:
        return _SAID[text.lower()]
    except KeyError:
        raise FieldNotFit("bsn", f"not one of {', '.join(_SAID)}") from None
