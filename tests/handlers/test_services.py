"""The menu of services: the packs that have one, and what is wrong with others."""

import pytest

from handlers.policy import PolicyError, load_policy
from handlers.policy.checking import require_sense
from handlers.policy.pack import Policy
from handlers.policy.services import Service, ServiceClass, Services
from handlers.policy.wishes import WishClass
from models.codes import NodeLevel

DEFAULT = load_policy()


def _pack(*classes: ServiceClass) -> Policy:
    return DEFAULT.model_copy(update={"services": Services(on=True, classes=classes)})


def _class(*items: Service, **values: object) -> ServiceClass:
    found: dict[str, object] = {"name": "特色服务", "category": "wish_other", **values}
    return ServiceClass(items=items or (Service(number=101, name="上门理发"),), **found)


def test_yunfu_has_eighty_services_in_four_classes_and_thirty_powers() -> None:
    classes = load_policy("yunfu").services.classes
    services, powers = ([one for one in classes if one.power is power] for power in (False, True))
    assert [one.name for one in services] == ["党群服务", "特色服务", "资源服务", "物业服务"]
    assert sum(len(one.items) for one in services) == 80
    assert sum(len(one.items) for one in powers) == 30
    names = [item.name for one in classes for item in one.items]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("pack", "said"),
    [
        (_pack(), "一项服务都没有"),
        (_pack(_class(), _class(name="别的服务")), "编号 101 和「上门理发」重了"),
        (_pack(_class(), _class(Service(number=102, name="别的"))), "出现了两次"),
        (_pack(_class(Service(number=1, name="上门理发"))), "和第几类分不清"),
        (_pack(_class(category="")), "没写 category"),
        (_pack(_class(category="sanitation")), "sanitation 不是心愿的类别"),
        (_pack(_class(category="goods", power=True, level=NodeLevel.VILLAGE)), "goods 不是诉求的类别"),
        (_pack(_class(category="public_service", power=True)), "要写明归谁"),
        (_pack(_class(level=NodeLevel.VILLAGE)), "不能写 level"),
        (_pack(_class(Service(number=101, name="社会救助", private=True))), "不能写 private"),
    ],
)
def test_what_is_wrong_with_a_menu_is_named(pack: Policy, said: str) -> None:
    with pytest.raises(PolicyError, match=r"services\.classes") as caught:
        require_sense(pack, "test.toml")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ((WishClass(name="代办", categories=("sanitation",)),), "不是心愿的类别"),
        ((WishClass(name="代办", categories=("errand",)), WishClass(name="帮忙", categories=("errand",))), "已经在"),
    ],
)
def test_what_is_wrong_with_the_classes_of_wishes_is_named(classes: tuple[WishClass, ...], said: str) -> None:
    wishes = DEFAULT.wishes.model_copy(update={"classes": classes})
    with pytest.raises(PolicyError, match=r"wishes\.classes") as caught:
        require_sense(DEFAULT.model_copy(update={"wishes": wishes}), "test.toml")
    assert said in str(caught.value)
