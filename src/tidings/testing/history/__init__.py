"""The history checker: record what was published and what each reader saw, then `check` that nothing is wrong."""

from tidings.testing.history.check import check
from tidings.testing.history.records import History, Reader, Record, read, written
from tidings.testing.history.report import Kind, Report, Violation

__all__ = ["History", "Kind", "Reader", "Record", "Report", "Violation", "check", "read", "written"]
