"""The WeCom smart bot (智能机器人) over its long connection: hears what is said to it with @ and in private.

Facts: developer.work.weixin.qq.com/document/path/101463 and the frames of npm @wecom/aibot-node-sdk 1.0.7.
Not verified on a live account. In groups it gets only what names it; ordinary talk never reaches it.
"""

from bot.transports.wecom_bot.timing import Timing
from bot.transports.wecom_bot.transport import SmartBotTransport

__all__ = ["SmartBotTransport", "Timing"]
