"""Words that not everybody may read, whatever else a text speaks of: notes and remarks are no matters, and say such
things all the same.

Plain patterns beside the lists and the learned weights: what stands here is found in any cut of the words. In a note a
single word of the lists says too little: 师傅病了, 周一动手修 are nobody's secret.
"""

import re

_ILL = re.compile(
    "糖尿病|[肝肺胃肠乳血骨脑喉]癌|癌症|癌细胞|乳腺癌|肿瘤|白血病|化疗|放疗|透析|尿毒症|艾滋|乙肝|肺结核|癫痫|羊癫疯"
    "|偏瘫|截瘫|瘫痪|瘫了|瘫在|半身不遂|中风|脑梗|脑瘫|脑溢血|植物人|卧床|下不了床|坐轮椅|残疾|残障|失能|失智|痴呆"
    "|精神病|精神(?:有|不|出了)|精神(?:分裂|障碍|失常|问题|残疾)|抑郁症?|躁郁|自闭症|唐氏|智障|智力(?:低|残|障|有)"
    "|怀孕|孕妇|产检|流产|堕胎|性病|梅毒|高血压|心脏病|有病|得了?(?:重|大|怪)?病|重病|大病|病重|病情|病人|绝症|住院|做手术|动手术|吃药|服药"
    "|低保|五保户?|特困户|困难补助"
)
_NOT_ILL = re.compile("精神(?:有关|不错)|(?:老旧)?低保(?:公示|政策|窗口)")
_YOUNG = re.compile(
    "孩子(?!气)|小孩|孙子|孙女|娃娃?(?![机鱼菜脸哈])|小朋友|未成年|小学生|初中生|高中生|上(?:小学|初中|高中|幼儿园|学了)|上?(?:小学|初|高)[一二三四五六]年?级?"
    "|宝宝|婴儿|留守儿童"
)
_QUARREL = re.compile(
    "吵架|吵起来|吵得厉害|大吵|打架|打起来|对打|干架|斗殴|家暴|动手打|打老婆|打老公|打孩子|打小孩|打人|打[我他她](?!们?(?:的)?(?:电话|手机|微信|招呼))"
    "|拿刀|砍(?:人|[我他她门])|捅(?:人|[我他她])|骂人|骂[我他她]|闹离婚|离婚|离了婚|出轨|外遇|小三|婚外|分居|闹矛盾|有矛盾|闹翻"
    "|欠薪|讨薪|拖欠|欠[我他她](?:们)?(?:的)?(?:钱|工资|工钱|薪)|工资(?!卡)|赌债|赌博|吸毒|坐过?牢|判(?:了)?刑|前科|劳改"
    "|性骚扰|猥亵|强奸|虐待"
    "|自杀|轻生|不想活|想死|跳楼|喝药|喝农药|遗书|割腕|上访|信访(?!局|中心|办)|拉横幅|横幅|罢工"
)
_PAST = re.compile(
    "刑满|刑释|劳改|劳教|坐过?[大]?牢|蹲过?(?:大牢|监狱|号子|班房)|(?:出|放)狱|刚放出来(?:的?那|的人)|判过?刑|前科|缓刑|社区矫正|矫正(?:对象|人员)"
    "|吸毒|吸粉|吸过毒|戒毒|瘾君子|贩毒|涉毒|(?:信访|上访|缠访|闹访)(?:老户|专业户|户|重点人|的那[个户家])|老上访"
    "|(?:精神病|疯)(?:人|患者|的那|那个|又犯|发作)|肇事肇祸|重点人员|邪教"
)
_NOT_PAST = re.compile(
    "(?:禁毒|远离|拒绝|珍爱生命)[^，。]{0,6}(?:吸毒|毒品)|社区矫正(?:中心|局|股|大队)|戒毒(?:所|中心)"
)


def branded(text: str) -> bool:
    """Whether somebody is spoken of by what he was or is said to be: released from prison, an addict, a petitioner."""
    return _PAST.search(_NOT_PAST.sub("", text)) is not None


def ill(text: str) -> bool:
    """Whether plain words of illness, disability or public support stand in the text, in half width and lower case."""
    return _ILL.search(_NOT_ILL.sub("", text)) is not None


def young(text: str) -> bool:
    """Whether plain words of a child stand in the text."""
    return _YOUNG.search(text) is not None


def quarrelsome(text: str) -> bool:
    """Whether words of a quarrel, of blows, of owed wages or of despair stand in the text."""
    return _QUARREL.search(text) is not None
