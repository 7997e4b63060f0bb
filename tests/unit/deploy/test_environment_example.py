"""`.env.example` and the settings classes say the same."""

import importlib
import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from shared.access import SERVICES
from shared.settings import PREFIX, ServiceSettings
from tests.support.environment_example import listed

ROOT = Path(__file__).parents[3]


def settings_classes() -> list[type[ServiceSettings]]:
    """The settings of each service."""
    modules = [importlib.import_module(f"services.{service}.settings") for service in SERVICES]
    return [
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, ServiceSettings) and found is not ServiceSettings
    ]


def test_it_lists_every_setting_and_no_other() -> None:
    known = {PREFIX + name.upper() for settings in settings_classes() for name in settings.model_fields}
    assert {name for name in listed() if name.startswith(PREFIX)} == known


@pytest.mark.parametrize("settings", settings_classes())
def test_it_gives_the_defaults_of_the_code(settings: type[ServiceSettings]) -> None:
    example = listed()
    for name, field in settings.model_fields.items():
        constant = field.default is not PydanticUndefined and field.default is not None
        assert example[PREFIX + name.upper()] == (str(field.default) if constant else ""), name


def test_every_variable_of_the_compose_file_is_explained() -> None:
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{([A-Z_]+)", compose)) <= listed().keys()
