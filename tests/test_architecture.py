"""The house keeps its plan: arrows run one way, and what only derives starts light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("capture", "derive", "store", "present")
SHARED = sorted({path.stem for path in (ROOT / "tasks").glob("*.py")} - {"__init__", "steps"})
"""The modules beside the rooms: types, settings, addresses, the clock."""
HEAVY = ("prefect", "httpx", "duckdb")


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at any depth; `from a import b` gives both `a` and `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_rooms_do_not_import_one_another() -> None:
    for room in ROOMS:
        allowed = tuple(f"tasks.{name}" for name in (room, "__version__", *SHARED))
        for path in modules(f"tasks/{room}"):
            ours = {name for name in imports(path) if name.split(".")[0] in ("tasks", "flows", "tests")}
            assert {name for name in ours if not name.startswith(allowed)} == set(), path


@pytest.mark.parametrize("name", SHARED)
def test_what_all_share_imports_no_room(name: str) -> None:
    ours = {found for found in imports(ROOT / "tasks" / f"{name}.py") if found.split(".")[0] in ("tasks", "flows")}
    allowed = tuple(f"tasks.{name}" for name in ("__version__", *SHARED))
    assert {found for found in ours if not found.startswith(allowed)} == set()


def test_derive_imports_nothing_heavy() -> None:
    for path in modules("tasks/derive"):
        assert {name for name in imports(path) if name.split(".")[0] in HEAVY} == set(), path


@pytest.mark.parametrize("module", ["tasks.derive.work", "tasks.derive.pool"])
def test_worker_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(shown.stdout.split())
    assert loaded.isdisjoint({*HEAVY, "typer", "rich", "sqlalchemy", "fastapi"})
    assert ("trafilatura" in loaded) == (module == "tasks.derive.work")


def test_only_the_steps_are_tasks() -> None:
    """Nothing below flows knows Prefect, but for the one file with the tasks."""
    for path in modules("tasks"):
        if path != ROOT / "tasks" / "steps.py":
            assert {name for name in imports(path) if name.split(".")[0] == "prefect"} == set(), path
    for path in modules("flows"):
        assert {name for name in imports(path) if name in ("prefect.task", "prefect.tasks.task")} == set(), path


def test_each_task_is_one_call_into_a_room() -> None:
    tree = ast.parse((ROOT / "tasks" / "steps.py").read_text(encoding="utf-8"))
    tasks = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    assert len(tasks) >= 7
    for task in tasks:
        says = [node for node in task.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
        body = [node for node in task.body if node not in says and not isinstance(node, ast.ImportFrom)]
        assert len(body) == 1, f"{task.name} does more than one thing"


def test_names_that_prefect_would_shadow() -> None:
    """Prefect puts a flow file's folder first on sys.path: these would hide the packages of the same name."""
    names = {path.name for path in (ROOT / "flows").iterdir()}
    assert names.isdisjoint({"config.py", "tasks.py", "tasks", "config", "flows.py"})


def test_a_flow_loads_neither_the_extractor_nor_prefects_server() -> None:
    """Half a second and two seconds of CPU in every pass, also of those that find nothing new."""
    code = "import sys, flows.monitor; print(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(shown.stdout.split()).isdisjoint({"trafilatura", "numpy", "jinja2", "prefect.server", "sqlalchemy"})


def test_help_and_version_do_not_wait_for_prefect() -> None:
    code = "import sys, flows.cli; print('prefect' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert shown.stdout.strip() == "False"


def test_nothing_names_this_machine() -> None:
    for path in [*modules("flows"), *modules("tasks"), *modules("tests"), *ROOT.glob("*.toml"), *ROOT.glob("*.yaml")]:
        assert str(ROOT.parent) + "/" not in path.read_text(encoding="utf-8"), path
