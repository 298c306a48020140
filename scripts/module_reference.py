"""Write docs/reference/modules.md from the modules' own documentation. With --check only tell whether it is up to date."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "reference" / "modules.md"
WHOLE = ("fusionpbx_tenant", "fusionpbx_trunk", "fusionpbx_verify", "fusionpbx_info")
GROUP = "voipbox.fusionpbx.fusionpbx"


def documentation() -> dict[str, dict]:
    """The DOCUMENTATION of every module by its name."""
    found = {}
    for path in sorted((ROOT / "plugins" / "modules").glob("*.py")):
        text = re.search(r'DOCUMENTATION = r"""(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL)
        content = yaml.safe_load(text.group(1)) if text else {}
        found[content["module"]] = content
    return found


def plain(description: str | list[str]) -> str:
    """A description as one line of Markdown."""
    text = " ".join(description) if isinstance(description, list) else description
    text = re.sub(r"\b(?:O|V|C|M|RV|I)\(([^)]*)\)", r"`\1`", re.sub(r"\s+", " ", text))
    return text.replace("|", "\\|")


def option_rows(options: dict[str, dict]) -> list[str]:
    """A table row an option."""
    rows = []
    for name, option in options.items():
        kind = option.get("type", "str") + (f" of {option['elements']}" if option.get("elements") else "")
        default = "required" if option.get("required") else (f"`{option['default']}`" if "default" in option else "")
        rows.append(f"| `{name}` | {kind} | {default} | {plain(option['description'])} |")
    return rows


def page() -> str:
    """The whole page."""
    modules = documentation()
    table = ["", "| module | what it does |", "| --- | --- |"]
    single = [name for name in modules if name not in WHOLE]
    lines = [
        "# Modules",
        "",
        "`ansible-doc -t module voipbox.fusionpbx.NAME` prints the whole documentation. All are in the action group "
        f"`{GROUP}`: `module_defaults: {{group/{GROUP}: ...}}` reaches them.",
        "",
        "## Whole tenants",
        *table,
        *(f"| `{name}` | {modules[name]['short_description']} |" for name in WHOLE),
        "",
        "## Single resources",
        "",
        "Each takes one object or a list, in one domain and one transaction.",
        *table,
        *(f"| `{name}` | {modules[name]['short_description']} |" for name in single),
        "",
        "## Options",
        "",
        "The connection options are the same in all modules: see [host variables](host-variables.md), whose names are the "
        "options with `fusionpbx_` in front.",
    ]
    for name in (*WHOLE, *single):
        lines += ["", f"### {name}", "", "| option | type | default | meaning |", "| --- | --- | --- | --- |"]
        lines += option_rows(modules[name]["options"])
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check; exit code 1 when the page is out of date."""
    text = page()
    if "--check" in sys.argv:
        return 0 if TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
