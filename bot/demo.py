"""The demo village: invented people in all roles, three micro-grids."""

from datetime import datetime, time, timedelta

from bot.village import PersonPlan, RoomPlan, VillagePlan
from handlers.policy.pack import Policy
from models.codes import Role

R = Role.RESIDENT
OPENING = time(9)
"""At night the bot keeps still and on Sundays no deadline moves on: both would look like a fault."""


def morning(now: datetime, policy: Policy) -> datetime:
    """Nine o'clock of today or, when nobody works today, of the next working day."""
    day = now.astimezone(policy.zone).date()
    while not policy.working.is_workday(day):
        day += timedelta(days=1)
    return datetime.combine(day, OPENING, policy.zone)


DEMO = VillagePlan(
    account="demo",
    transport="web",
    code="qinghe",
    name="清河村",
    rooms=(
        RoomPlan("east", "东街微网格"),
        RoomPlan("west", "西街微网格"),
        RoomPlan("garden", "清河花园微网格"),
    ),
    people=(
        PersonPlan("zhang-ayi", "张阿姨", {"east": R}, note="住东街2巷，热心肠"),
        PersonPlan("sun-bo", "孙伯", {"east": R}, note="独居老人，用语音打字"),
        PersonPlan("xiao-chen", "小陈", {"east": R, "garden": R}, note="年轻租户"),
        PersonPlan("liu-jie", "刘姐", {"west": R}, note="西街早餐店"),
        PersonPlan("a-qiang", "阿强", {"west": R}, note="工地上班"),
        PersonPlan("he-mama", "何妈妈", {"garden": R}, note="花园3栋，带两个孩子", phone="13800000001"),
        PersonPlan("zhou-bo", "周伯", {"garden": R}, note="花园5栋，腿脚不便", phone="13800000002"),
        PersonPlan("lao-zhang", "老张", {"east": R}, (Role.PARTY_MEMBER,), note="党员，会修水电"),
        PersonPlan("lin-laoshi", "林老师", {"garden": R}, (Role.PARTY_MEMBER,), note="党员，退休教师"),
        PersonPlan("lao-li", "老李", {"east": Role.MICRO_LEADER}, note="东街微网格长"),
        PersonPlan("wu-jie", "吴姐", {"west": Role.MICRO_LEADER}, note="西街微网格长"),
        PersonPlan("xiao-he", "小何", {"garden": Role.MICRO_LEADER}, note="花园微网格长"),
        PersonPlan("wang-shuji", "王书记", {}, (Role.SECRETARY, Role.ADMIN), note="村支部书记，网格长"),
        PersonPlan("wuye", "物业小马", {"garden": R}, (Role.PROPERTY,), note="花园物业"),
    ),
)
