"""Personal WeChat through a Wechaty gateway. Importing this package does not import `wechaty`."""

from bot.transports.wechaty.connection import probe
from bot.transports.wechaty.options import Gateway, Patience
from bot.transports.wechaty.transport import WechatyTransport

__all__ = ["Gateway", "Patience", "WechatyTransport", "probe"]
