"""Words of life in danger now: fire, gas, somebody trapped, missing or collapsed.

A single word is not enough here (着火 is said of red dresses, 困 of tired people), so each kind is a pattern of words
that stand near each other, and each may be denied, settled, imagined or far away.
"""

import re

_LIVING = "(?:人|我|娃|孩|崽|仔|细路|妹|弟|老|爸|妈|婆|爷|奶|爹|娘|女|儿|孙|伢|阿公|阿嫲|爹爹|媳妇|家属)"
_FRAIL = (
    "(?:孩子|小孩|娃|细路|崽|小朋友|孙子|孙女|外孙|老人|老头|老太|老伴|奶奶|爷爷|阿婆|阿公|婆婆|我爸|我妈|老爸|老妈|俺爹|俺娘|"
    "我爹|我娘|女儿|儿子|闺女|老爷子|弟弟|妹妹|姥姥|外婆|外公|女仔|伢|囡|老大|老二|妈妈|爸爸|公公|嬢嬢|大爷|大妈|阿嬷|他妈|她妈)"
)
_LIFT = "(?:电梯|店梯|电替|电提|升降机|𨋢|轿厢|(?<![a-z])dt(?![a-z]))"
_GAS = "(?:煤气|煤汽|燃气|天然气|液化气|瓦斯|沼气|媒气|没气味)"

_PATTERNS: dict[str, str] = {
    "fire": (
        "着火|着了火|起火|失火|走火|火灾|烧起来|燃起来|烧着了|浓烟|黑烟滚滚|火苗|火光|冒火|有火|烧山|烧着山|着起来|火烛|"
        "(?<!睡)(?<!惹)(?<!记)(?<!宠)(?<!闹)着了!|冒.{0,2}烟.{0,12}(?:快|消防|119|幺幺九|救|呛|喊)|有烟.{0,6}(?:!|快|119)|"
        "焦糊味|焦味.{0,10}(?:快|来人)|(?:119|消防车?).{0,3}(?:快|来)|(?:喊|叫|打|报).{0,3}(?:消防|119|幺幺九|火警)|烧了.{0,6}快|爆炸"
    ),
    "gas": (
        f"{_GAS}.{{0,10}}(?:味|漏|泄|臭|中毒|晕|刺鼻|没关|呲|嘶)|(?:闻到|闻着|一股|好大|阵阵|很浓|全是|有).{{0,6}}{_GAS}|"
        "一氧化碳|煤烟中毒|漏气.{0,8}(?:晕|味|快|罐)"
    ),
    "trapped": (
        f"{_LIFT}.{{0,14}}(?:困|关.{{0,4}}{_LIVING}|卡.{{0,5}}{_LIVING}|夹.{{0,3}}{_LIVING}|有人|里.{{0,8}}(?:哭|喊|拍|叫|求救)|出不[来去]|"
        f"打不开|开不了|里面.{{0,4}}{_LIVING})|(?:困|关|卡|锁|闷).{{0,8}}{_LIFT}|{_LIVING}.{{0,6}}{_LIFT}里|^.{{0,4}}困.{{0,3}}里面|"
        f"(?:困|压|埋|夹|反锁|锁).{{0,6}}(?:{_LIVING}|水里|里面|车里|下面|底下).{{0,16}}(?:快|救|出不来|哭|喊|来人|119|110)|"
        f"{_LIVING}.{{0,8}}(?:被困|被埋|埋里|压住|压在|困在|锁在|反锁|卡在|夹住|关在).{{0,16}}(?:快|救|出不来|哭|喊|来人|谁|119|!)|被困"
    ),
    "missing": (
        f"{_FRAIL}.{{0,14}}(?:(?<![看听])不见|走丢|走失|找不到|找不着|失踪|没回[来家]|没影|跑丢|走散|丢了|寻不到|没见着|没找到|不知去)|"
        f"(?:找|看[到见]|见[到过]).{{0,6}}{_FRAIL}.{{0,30}}(?:(?<![看听])不见|走丢|走失|找不|出去|没回|糊涂|痴呆|穿着?)|"
        f"(?:走丢|走失|(?<![看听])不见).{{0,6}}{_FRAIL}"
    ),
    "collapse": (
        "昏倒|晕倒|热晕|倒地|倒在.{0,6}(?:快|120|救)|没呼吸|没气了|叫不醒|喊不[醒答应]{1,2}|叫不应|抽搐|口吐白沫|吐白沫|溺水|落水|"
        "(?:掉|跌|落|滑|摔).{0,4}(?:河|水|井|塘|江|坑|沟|海|下去).{0,14}(?:快|救|来人|捞|120|119|!)|心梗|割腕|跳楼|要跳|喝农药|喝了药|"
        "救命(?!恩|稻草|钱|药|之)|救人|(?:打|叫|喊).{0,3}(?:120|救护车)|呼吸机.{0,4}停|吸氧机.{0,8}停|喘不上气|喘不过气|触电了|电到人|砍人|持刀|拿刀"
    ),
}
_DENIED = re.compile(
    r"(?:[没不冇无未别非防怕]|不是|没有|没人|没有人|避免|小心|注意|以防|预防|差点|险些|像|容易|会不会|引起|引发|当心|万一|以为)$"
)

_CALM = frozenset(
    (
        "hypothetical",
        "story",
        "elsewhere",
        "settled",
        "joke",
        "notice",
        "advert",
        "retraction",
        "offer",
        "thanks",
        "past",
    )
)


class Alarms:
    """The compiled patterns of each kind of emergency."""

    def __init__(self) -> None:
        self._patterns = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}

    def __call__(self, text: str) -> frozenset[str]:
        """The kinds of emergency that a normalised text speaks of and does not deny right before."""
        return frozenset(
            name
            for name, pattern in self._patterns.items()
            if any(
                not _DENIED.search(text[max(0, found.start() - 4) : found.start()]) for found in pattern.finditer(text)
            )
        )


def calmed(labels: set[str]) -> bool:
    """Whether something in the text (its "turnoffs:…" labels) turns alarms off."""
    return any(label.removeprefix("turnoffs:") in _CALM for label in labels if label.startswith("turnoffs:"))
