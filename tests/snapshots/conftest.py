"""Pictures are taken once there is nothing left to do."""

from tests.pilot.conftest import pilot_waits_for_what_is_to_be_done as pilot_waits

__all__ = ["pilot_waits"]
