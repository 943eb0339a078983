"""Who may do what."""

from scheduling.server.domain.staff import Staff

from .errors import Forbidden


def require_manager(staff: Staff, deed: str) -> None:
    """Raises Forbidden unless `staff` is a manager; `deed` completes "Only managers may …"."""
    if not staff.is_manager:
        raise Forbidden(f"Only managers may {deed}.")
