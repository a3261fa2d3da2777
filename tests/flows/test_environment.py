"""What Prefect is told by us, and what by the user."""

from __future__ import annotations

import pytest
from prefect.context import SettingsContext, get_settings_context
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    Settings,
    get_current_settings,
    temporary_settings,
)

from flows import environment


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({PREFECT_API_URL: None}, None),
        ({PREFECT_API_URL: "http://127.0.0.1:4200/api"}, 180),
        ({PREFECT_API_URL: None, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 60}, 60),
    ],
    ids=["a temporary server", "a server of the user's", "the user's own setting"],
)
def test_a_heartbeat_only_where_somebody_may_hear_it(settings: dict[object, object], seconds: int | None) -> None:
    as_installed = SettingsContext(profile=get_settings_context().profile, settings=Settings())  # the harness sets some
    with as_installed, temporary_settings(updates=settings), environment.needing_prefect():
        assert get_current_settings().flows.heartbeat_frequency == seconds
