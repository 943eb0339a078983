"""What is withdrawn from users: told to all processes, and done to the connections of this one."""

from tidings.control.control import Control
from tidings.control.withdrawals import Withdrawals

__all__ = ["Control", "Withdrawals"]
