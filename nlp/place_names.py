"""How far a name reaches back from the word that ends it: 文昌|路, 望江新城|2栋, 县二中|侧门.

The segmenter cuts names it does not know into short words, so a name is taken word by word, back to a break in
the line, to a small word (在, 的, 把) or to one that opens a sentence (反映, 昨晚, 各位).
"""

import re
from collections.abc import Sequence

MOST = 4
"""Characters that a name may have before its end; what runs on is a sentence, not a name."""
_WORDS = 2
"""Words that a name may be cut into."""

_HAN = re.compile(r"[一-鿿]+")
_NEVER = frozenset("我你他她它们的了是不没这那哪给被让请吗呢咱俺谁啥几每某堵丢钻停")  # in no name, whatever the word
_SMALL = frozenset(
    "在有把到住去从对跟和又都就还个来很太好帮问说叫要想会能报或者躲替求由往至距将系人只条块段座间排户家"
    "过走沿进出靠挨修堵占停放摆拆争抢盼望某两一二三四五六七八九十整全半满同与及被像比等看见听成做只点坐群代给趟市县省连单钱全开关买卖种拿带"
)  # not as words of their own
_DOING = re.compile(
    r"[到在满往向倒把去来着过掉出完起]$|^[堆停放搬扔住坐]|^周[一二三四五六日末]|"
    r"^[一二三四五六七八九十两几]+[点月日号个条天年层栋楼块排次户家人]$"
)  # what somebody does, an hour, a count: no part of a name
_OPENING_WORDS = """
反映 关于 请求 建议 投诉 咨询 举报 恳请 希望 尽快 整治 排查 落实 加快 增设 设立 开放 取消 恢复 公开 实名 家住
就是 各位 大家 业主 邻居 师傅 帮忙 麻烦 感谢 喜提 恭喜 请问 欢迎 观看 严查 协调 接送 覆盖 旅游 大巴 今天 明天
昨天 后天 昨晚 今晚 明晚 今早 明早 晚上 早上 上午 下午 中午 半夜 夜里 白天 天天 每天 刚刚 刚才 现在 一个 一条
一座 一段 整个 所有 有人 没有 还有 只有 全是 都是 一直 已经 马上 赶紧 快来 又是 突然 最近 自己 我们 你们 他们
咱们 人家 老人 小孩 孩子 外面 里面 旁边 对面 附近 边上 后面 前面 中间 两边 楼上 楼下 这条 那条 这个 那个 门口
隔壁 相邻 周边 开公司 电梯 老旧 新建 拆迁 改造 规划 停车 断头 回家 上班 上学 放学 下班 骑车 开车 走路 打工 租住
住户 居民 村民 农村 城里 小区 物业 社区 政府 本地 外地 全市 全区 全县 冬天 今年 去年 周末 雨天 晴天 过年 因为
承包 公共 集体 无障碍 健身 内部 施工 质疑 修建 能否 发现 反正 看个 搞个 缺个 看看 群里 地点 上楼 提升 本村 某个
快递 外卖 送到 位于 经过 沿着 顺着 靠近 挡住 占用 占了 堵住 堵死 下雨 大雨 积水 水泥 石头 长租 人才 共有 青年
白领 高层 多层 封闭 智慧 文明 绿色 美丽 幸福的 保障性 合租 群租 共享 廉租 公租 附属 聋哑 家族
"""
_OPENING = frozenset(_OPENING_WORDS.split())  # a name begins after them
_ORDINARY = re.compile(
    r"(?:[走马一顺跑修几半道山水绕夜堵封电门销迷看过断套铁公线小大弯岔弄泥土石旱盲原来回让带问指领赶开养认"
    r"这那条的老新古早菜上停活]|水泥|石板|柏油|沥青|堤顶|环岛|公交线|高速公|上坟|走亲|盲人|行人|运煤|买菜|配套|景观|学校|高速|盘山|断头|高架|乡间|国省|进村|出村|通村|通组|组通组|泥巴|土|砂石|林荫|田间|"
    r"单行|一条|上坡|下坡|必经之|大马|小马|人行|消防|应急|快速|机耕)路"
    r"|(?:满|条|半|一|扫|炸|临|沿|骂|逛|上|大|整|全|这|那|当|过|摆)街|(?:古|商业|商铺|小吃|历史|商户|半边)街|.条街"
    r"|(?:全|农|进|邻|回|乡|满|两|本|我|驻|出|下|各|同|外|整|这|那|到|在|帮扶|贫困|空心|自然|行政|隔壁|新|老|旧|上|度假)村"
    r"|(?:条|小|大|窄|深|这|那|一条|防火|消防|后|前|老|古)(?:巷|胡同)|(?:过|修|搭|架|小|断|危|大|鹊|这|那|一座|高架|立交|人行|过街天|人行天|天|老|古|文物古|便|漫水|独木|半条)桥"
    r"|(?:台|海|港|水|转|拐|急|大|小)湾|(?:上|下|爬|斜|陡|半|护|滑|缓|草|小|大|坡|后|这|那|陡|一个)坡|(?:坝|水|大|堤|围)坝"
    r"|(?:过|沿|拔|下|小|护城|临|进|成|大|运|内|这|那|条|黄|一条|入)河|(?:水|排水|挖|阴|下水|臭水|地|小|大|壕|代|山|深|条|这|那)沟"
    r"|(?:学|校|政|官|水|乐|天)府|(?:公|家|校|花|果|菜|茶|乐|动物|物流|入|田|入幼儿)园|(?:老|这|那|山)寨|(?:全|古|集|城|这|那|小|乡|市|村|各)镇"
    r"|(?:老|这|农|山|田|饭)庄|(?:分|山|秧)岭|(?:步行|人行|水上|铁|地下|快速|绿荫)大?道"
)
_DIRECTIONS = frozenset("东西南北中前后上下老新古旧")  # one character that is a name: 北村, 东胡同


_SIDES = frozenset("东西南北后")
_AT = frozenset("在从到去住是于替帮给")
_GLUED = frozenset("从去在帮站坐住代我")
_LEADS = frozenset("与和对向替帮给往请由回来将把过沿当的个整某那这县市区镇")
_ONLY_BESIDE = frozenset("口站院弄场区")  # 北站, 东口; the others are kinds: 供热站, 应急口
_KIND = re.compile(
    r"公园|小区|社区|幼儿园|儿童|校园|果园|菜园|吊脚|大楼|塔楼|公寓|化工|民宿|轮椅|塑料|光伏|地铁|高温|员工|教师|考研|餐饮|"
    r"门市|毛坯|海景|火车|水站|基坑|老公|园区|鱼塘|晒谷|后头|前头|回迁|商住|消防|医院|养老院|学校|工地"
)


def word_starts(words: Sequence[str]) -> list[int]:
    """For each character of the text where its word begins, and the length of the text at the end."""
    starts: list[int] = []
    for word in words:
        starts.extend([len(starts)] * len(word))
    starts.append(len(starts))
    return starts


def name_start(text: str, end: int, starts: Sequence[int], least: int = 0) -> int:
    """Where the name begins that stands right before text[end]; end itself when there is none.

    least is where the place before ended; no name reaches over it.
    """
    begin, words = end, 0
    while begin > least and words < _WORDS:
        first = max(starts[begin - 1], least)
        word = text[first:begin]
        if not _names(word) or end - first > MOST:
            break
        begin, words = first, words + 1
    return begin


def is_name(text: str, begin: int, end: int, stop: int, starts: Sequence[int]) -> bool:
    """Whether text[begin:stop] with its name in text[begin:end] is one of its own: 文昌路, 北村; not 马路, 全村."""
    if begin == end or _ORDINARY.fullmatch(text, starts[end - 1], stop) or _ORDINARY.fullmatch(text, begin, stop):
        return False
    if starts[begin] != begin or not led(text, begin, starts):
        return False
    return end - begin > 1 or stop - end > 1 or text[begin] in _DIRECTIONS


def opens(text: str, begin: int, end: int, stop: int, starts: Sequence[int]) -> bool:
    """Whether a name that only its place makes one begins the line: 福泽园, 南坡; not 幼儿园.

    A word that the segmenter knows as one is a kind of place, not a name, unless it says on which side it lies.
    """
    if begin or end > 3 or not is_name(text, begin, end, stop, starts):
        return False
    if end == 1:
        return text[0] in _SIDES
    return text[end:stop] not in _ONLY_BESIDE and starts[stop - 1] != 0 and not _KIND.match(text)


def led(text: str, begin: int, starts: Sequence[int]) -> bool:
    """Whether what stands before begin lets a name begin there: nothing, a stop, 在, 反映."""
    if not begin or not _HAN.fullmatch(text[begin - 1]):
        return True
    word = text[starts[begin - 1] : begin]
    return word[-1] in _AT or word in _OPENING or word in _LEADS


def trimmed(text: str, begin: int, end: int, starts: Sequence[int]) -> int:
    """begin without the 从 of 从东|胡同, but with the 镇 of 镇|中学."""
    if end - begin > 1 and text[begin] in _GLUED and starts[begin + 1] == begin:
        return begin + 1
    if begin and text[begin - 1] in "县镇乡旗" and starts[begin - 1] == begin - 1 and led(text, begin - 1, starts):
        return begin - 1
    return begin


def _names(word: str) -> bool:
    """Whether a word may be a part of a name."""
    if not _HAN.fullmatch(word) or word in _OPENING or (len(word) == 1 and word in _SMALL):
        return False
    return _NEVER.isdisjoint(word) and not _DOING.search(word)
