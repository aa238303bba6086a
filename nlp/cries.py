"""Words of suicide and of beatings at home: the leader must hear of them in private, however low the score is."""

import re

_AT_HOME = (
    "(?:老公|丈夫|我男人|男人|男的|男朋友|对象|前夫|前男友|他爸|她爸|孩子爸|娃他爹|我爸|我爹|老爸|我妈|后爸|后爹|后妈|继父|继母|"
    "婆婆|公公|家婆|家公|老婆|媳妇|儿媳|儿子|女婿|我哥|我弟|大伯|小叔|那口子|死鬼|当家的|爷们儿?|男友|阿公|兄弟|妹夫|姐夫|他|佢|伊)"
)
_HITS = (
    "(?:(?<![没不别莫冇])(?:[打揍踹踢扇抽掐](?:[了过得]|死)?(?:我|她|他妈|我妈|俺|妈|老婆|媳妇|女朋友|孩子|小孩|娃|崽|女儿|儿子|人)|动手打|动手|动起手)|"
    "动刀|家暴|拳打脚踢|掐.{0,2}脖|扇.{0,3}(?:耳光|巴掌|嘴巴)|往死里打|毒打|下死手|用(?:皮带|棍子|衣架|烟头))"
)
_HURT = (
    "(?:一身(?:是|都是)?伤|浑身|满身|全身|青一块|青紫|鼻青脸肿|出血|"
    "流血|头破|骨折|瘀青|淤青|住院|熊猫眼|不敢回家|不敢回去)"
)
_NO_BLOW = (
    "(?!的?(?:电话|手机|微信|麻将|扑克|牌|球|脸|主意|旗号|小报告|招呼|饭|游戏|车|卡|钱|工|包票|广告|折|气|断|听|扰|开|算|赌|针|水|"
    "屁股就跑|手心|.{0,3}下午|耳膜))"
)

_BEATEN = re.compile(
    # somebody of the family, and a blow
    rf"{_AT_HOME}.{{0,12}}?(?:又|还|老|就|天天|经常|总|一直|再|敢|要|喝.{{0,3}}|一喝.{{0,4}})?{_HITS}{_NO_BLOW}|"
    # a blow said by itself
    rf"(?:又|天天|老是|经常|总是|还|一直|被)[打揍](?:了|得)?[我俺]{_NO_BLOW}|[打揍]得?[我俺].{{0,6}}{_HURT}|[打揍]我[打揍]得|"
    rf"(?:被|给|挨).{{0,6}}[打揍].{{0,8}}{_HURT}|[打揍]得.{{0,4}}{_HURT}|"
    # a blow by somebody who is named as another's: 被他爸打了
    rf"[被遭挨让](?:他|她|孩子|娃)(?:亲|后|继)?(?:爸|妈|爹|娘|爷|奶|老公|男人).{{0,4}}[打揍踹]{_NO_BLOW}|"
    # drink and blows
    r"喝(?:[了完多醉高]|酒|[一两二]杯|点){1,4}.{0,8}(?:动手|打人|打我|打她|打老婆|打孩子|打娃|砸东西打)|"
    r"遭?家暴|(?:被|遭|受).{0,4}(?:虐待|毒打|猥亵|强奸|性侵|性骚扰)|(?:虐待|毒打|猥亵|性侵|强奸)(?:老人|孩子|小孩|娃|儿童|女儿|婆婆|我)|"
    r"(?:打|揍)(?:老婆|媳妇|他老婆|她妈|他妈|他娘).{0,10}(?:哭|喊|叫|伤|血|救|惨|狠|凶|天天|又)|"
    r"(?:又|天天|经常|老是).{0,3}(?:打|揍)(?:老婆|媳妇|他老婆|他媳妇)|"
    rf"(?:让|被|遭|挨)(?:她|他|我|伊)?(?!他|佢|伊|她){_AT_HOME}.{{0,3}}(?:[打揍踹](?!电话|麻将|牌|工)|掐脖)|把(?:娃|孩子|小孩|我|她|老人).{{0,6}}(?:里|上)[打揍]|"
    r"(?:每晚|天天|又|每天).{0,3}被打(?:!|,|了|$|[^电断听])|喝(?:了|多|醉|完)?酒?了?就打(?:[,.!]|$|我|人)|打(?:女朋友|老婆|媳妇).{0,8}(?:喊|哭|救)|"
    r"[打揍].{0,8}(?:身上|脸上|脸都|胳膊|眼睛|嘴角).{0,4}(?:青|肿|伤|血)|(?:隔壁|楼上|楼下|对门|邻居|那家).{0,4}又?在?打(?:人|女|,女|,.{0,4}哭|老人)|"
    r"(?:锁|关)(?:我|她|孩子|娃|老人|婆婆)?在(?:屋里|房里|家里|厕所|阳台).{0,8}(?:不给|不让|饿|打)"
)
_BLOW_CHARACTERS = frozenset("打揍家虐动拳毒猥强性锁关踹踢扇抽掐皮棍衣烟死刀")
_LONGEST = 200
"""Characters beyond which a text is a story rather than a cry."""

_DEATH = re.compile(
    r"不想活(?!动|泼)|活不下去|活够了|活着.{0,3}没(?:意思|劲|意义|盼头)|一了百了|寻短见|轻生|割腕|喝农药|"
    r"(?:我|真的|真|好)想死(?!你|我|他|她|了你)|(?:有人|要|想)(?:跳楼|跳河|自杀)|死了算了|不如死了"
)
_DEATH_CHARACTERS = frozenset("活百见生腕药死楼河杀")

_TALK = re.compile(
    r"笑死|哈哈|(?<!不是)电视|(?<!闹)剧[里中]?|演的|演员|小说|电影|游戏|主角|男主|女主|那集|这集|抖音|视频|新闻|段子|梦[见到里]|追更|漫画|综艺|"
    r"(?:打麻将|打牌|打球|打游戏|打王者|斗地主|下棋|打羽毛球|打篮球|打乒乓)|宣传|讲座|普法|知识|打呼|小时候|当年|热线|咨询|转发|倡议|如遇|遭遇.{0,8}(?:请|可以)|"
    r"电竞|直播|粉丝|球队|比赛|开玩笑|逗你|打我脸|狗|猫|蚊子|鸡|鹅"
)


def may_cry(text: str) -> bool:
    """Whether a normalised text has such words; it is never dropped by the first score."""
    return despair(text) or beaten(text)


def despair(text: str) -> bool:
    """Direct words of suicide."""
    return not _DEATH_CHARACTERS.isdisjoint(text) and _DEATH.search(text) is not None


def beaten(text: str) -> bool:
    """Blows at home or abuse: said of somebody near, and not of television, a game or an animal."""
    if _BLOW_CHARACTERS.isdisjoint(text) or len(text) > _LONGEST or _BEATEN.search(text) is None:
        return False
    return _TALK.search(text) is None


def cry(text: str) -> tuple[int, int] | None:
    """Where in a text that cries the words stand."""
    found = _DEATH.search(text) or _BEATEN.search(text)
    return None if found is None else found.span()
