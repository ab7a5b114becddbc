"""Which organisations may use the BSN: Jeugdwet 7.1.4.2(2) and (3)."""

import pytest

from node.domain.bsn_right import GROUNDS, may_use, said_as
from node.domain.errors import FieldNotFit
from node.domain.organisation import Category


@pytest.mark.parametrize(
    ("category", "may"),
    [
        (Category.GECERTIFICEERDE_INSTELLING, True),
        (Category.JEUGDHULPAANBIEDER, True),
        (Category.RAAD, True),
        (Category.GEMEENTELIJKE_TOEGANG, True),
        (Category.HUISARTS, True),
        (Category.POLITIE, True),
        (Category.LEERPLICHT, True),
        (Category.PRIMAIR_ONDERWIJS, False),
        (Category.MBO, False),
        (Category.HALT, False),
        (Category.PREVENTIEF_VELD, False),
        (None, False),
    ],
)
def test_the_category_decides_unless_the_region_says_otherwise(category: Category | None, may: bool) -> None:
    """Jeugdwet 7.2.1 names who may; others only where a law says so, Wabb 10."""
    assert [may_use(category, said) for said in (None, True, False)] == [may, True, False]


def test_every_ground_is_a_law() -> None:
    """A category without one signals by name."""
    assert all(ground for ground in GROUNDS.values())
    assert set(Category) - GROUNDS.keys() == {
        Category.PRIMAIR_ONDERWIJS,
        Category.SPECIAAL_ONDERWIJS,
        Category.VOORTGEZET_ONDERWIJS,
        Category.MBO,
        Category.HOGER_ONDERWIJS,
        Category.HALT,
        Category.PREVENTIEF_VELD,
    }


def test_a_list_says_it_in_a_word() -> None:
    """Anything else is refused, and not repeated."""
    assert [said_as(word) for word in ("ja", "Nee", "categorie")] == [True, False, None]
    with pytest.raises(FieldNotFit) as refused:
        said_as("misschien")
    assert "misschien" not in str(refused.value)
