"""The reference pages, written from the code.

`python -m tests.docs.reference` (or `make docs`) writes them anew; the tests beside this file fail when a
page and the code differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import click
from prometheus_client import Counter, Gauge

from syncline.bootstrap import MOUNTED
from syncline.gateway.cli.root import command_line
from syncline.gateway.cli.seam import Programs
from syncline.gateway.domain import care, delivery, health, leaving
from syncline.gateway.domain.scopes import CHOICES, scopes_table
from syncline.gateway.domain.states import E, S, Transition, state_diagram, state_rows
from syncline.gateway.store.directory import SCAN_LIMIT
from syncline.scim.dialects import DIALECTS
from syncline.scim.filter import MAX_LENGTH, MAX_NESTING, MAX_TERMS
from syncline.scim.patch import MAX_OPERATIONS
from syncline.scimserver.limits import Limits
from syncline.scimserver.routes import ROUTES
from syncline.settings import SETTINGS, Setting
from syncline.telemetry.metrics import METRICS, Metric
from tests.docs import api_reference
from tests.docs.repository import ROOT

_WRITTEN = "<!-- Written from the code by `make docs`; do not edit. -->"


def settings_page() -> str:
    """Return docs/reference/settings.md."""
    rows = [_setting(row) for row in SETTINGS]
    return _page(
        "Settings",
        "Every setting of the gateway. An option of `syncline serve` wins over the variable, the variable over "
        "the default. Settings are read once, at start; a value that cannot be used stops the program with a "
        "sentence that names the setting. An empty variable counts as unset.",
        "| variable | takes | default | meaning |\n|---|---|---|---|\n" + "\n".join(rows),
        "“Secret” values are never printed. `on` may be written `true`, `yes` or `1`; `off` likewise.",
    )


def _setting(row: Setting) -> str:
    default = f"`{row.default}`" if row.default else "unset"
    meaning = row.help + (" *Secret.*" if row.secret else "")
    return f"| `{row.variable}` | {row.type} | {default} | {meaning} |"


def metrics_page() -> str:
    """Return docs/reference/metrics.md."""
    return _page(
        "Metrics",
        "What `/metrics` serves, in Prometheus' text format. Labels come from closed sets; whatever is not in "
        "the set counts as `other`. No label names a tenant or a person. The usual `process_` metrics come too.",
        "| metric | kind | labels | meaning |\n|---|---|---|---|\n" + "\n".join(map(_metric, METRICS)),
    )


def _metric(metric: Metric) -> str:
    kind = {Counter: "counter", Gauge: "gauge"}.get(metric.kind, "histogram")
    labels = "; ".join(
        f"`{name}`: " + ", ".join(f"`{value}`" for value in sorted(values)) for name, values in metric.labels
    )
    return f"| `{metric.name}` | {kind} | {labels or 'none'} | {metric.help} |"


def cli_page() -> str:
    """Return docs/reference/cli.md: every command with its arguments and options."""
    tree = _tree()
    context = click.Context(tree, info_name="syncline", **tree.context_settings)
    return _page(
        "Commands",
        "`make setup` puts the command at `.venv/bin/syncline`. Every command takes `--data DIR` (else "
        "`SYNCLINE_DATA`, else `./data`). While a server runs on that folder, the server carries the command out; "
        "otherwise the command does it itself. Reads print JSON with `--json`. A refusal is one sentence on "
        "standard error, `Error: …`, and exit code 1; a command that cannot be understood ends with 2.",
        "\n\n".join(_commands(tree, context)),
    )


def _tree() -> click.Group:
    def nothing(*_: object) -> None:
        raise RuntimeError("documentation runs no command")

    return command_line(Programs(local_operations=nothing, serve=nothing), MOUNTED)  # type: ignore[arg-type]


def _commands(command: click.Command, context: click.Context) -> Iterator[str]:
    if isinstance(command, click.Group):
        if context.parent is not None:
            yield f"## {context.command_path}\n\n{_prose(command)}"
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield from _commands(below, click.Context(below, info_name=name, parent=context))
    else:
        level = "##" if context.parent is not None and context.parent.parent is None else "###"
        usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
        yield f"{level} {context.command_path}\n\n{_prose(command)}\n\n```\n{usage}\n```{_options(command, context)}"


def _prose(command: click.Command) -> str:
    paragraphs = (command.help or "").replace("\b", "").strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _options(command: click.Command, context: click.Context) -> str:
    records = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    rows = [
        f"| `{_cell(names)}` | {_cell(meaning)} |"
        for names, meaning in filter(None, records)
        if meaning and not names.startswith(("--data ", "-h", "--help"))
    ]
    return "\n\n| option | meaning |\n|---|---|\n" + "\n".join(rows) if rows else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", _WRITTEN, *parts]) + "\n"


def scim_page() -> str:
    """Return docs/reference/scim-support.md."""
    limits = Limits()
    return _page(
        "What the SCIM endpoint supports",
        "SCIM 2.0 (RFC 7643, RFC 7644) at `/scim/v2`: Users with the Enterprise User extension, and Groups. Every "
        "request needs a bearer token, discovery included. Filters with every operator, projection, index paging, "
        "weak ETags with `If-Match` and `If-None-Match`; a user's changes with his groups too, which `If-Match` leaves "
        "out of account. Not supported, and announced so: bulk, sorting, password changes, `/Me`.",
        "## Endpoints\n\n| path | methods |\n|---|---|\n"
        + "\n".join(f"| `{route.path}` | {', '.join(route.endpoints)} |" for route in ROUTES),
        "## Limits\n\n| what | limit | beyond it |\n|---|---|---|\n"
        f"| body | {limits.body_bytes:,} bytes; Groups {limits.group_body_bytes:,} | 413 |\n"
        f"| depth of JSON | {limits.json_depth} | 400 `invalidSyntax` |\n"
        f"| filter | {MAX_LENGTH:,} characters, {MAX_TERMS} comparisons, nested {MAX_NESTING} deep "
        "| 400 `invalidFilter` |\n"
        f"| operations of a PATCH | {MAX_OPERATIONS:,} | 413 |\n"
        f"| query string | {limits.query_bytes:,} bytes | 400 |\n"
        f"| page | {limits.page_size} unless asked otherwise, at most {limits.max_results} | capped |\n"
        f"| resources a filter without an index looks at | {SCAN_LIMIT:,} | 400 `tooMany` |",
        "## What is read leniently\n\nAnswers are always in the form of the RFCs. Requests are read as identity "
        "providers really write them; each tolerance has a name, and the provisioning log says which a request "
        "needed.\n\n| name | who needs it | what is done | known from |\n|---|---|---|---|\n"
        + "\n".join(
            f"| `{each.name}` | {_cell(each.who)} | {_cell(each.rule)} | {_cell(each.source)} |"
            for each in DIALECTS.values()
        ),
    )


def states_page() -> str:
    """Return docs/reference/states.md."""
    return _page(
        "States",
        "Every way from one state to another, drawn from the tables the code follows. What has no row cannot happen.",
        _states(
            "A delivery",
            "One person's way to HubSpot. Its state is read off its row. [Why something is held, and what releases "
            "it](holds.md).",
            delivery.TRANSITIONS,
            delivery.DeliveryState.WAITING,
        ),
        _states(
            "The health of a connection",
            "`connection show` says how a connection is, since when, why, and when it is tried next. "
            "[What an outage looks like](../discussions/outages.md).",
            health.TRANSITIONS,
            health.Health.HEALTHY,
        ),
        _states(
            "A leaver",
            "How far somebody has left; `users show` says it. Past the deletion threshold leavers are staged: "
            "`leavers list` shows who, `leavers release` lets them go.",
            leaving.TRANSITIONS,
            leaving.Leaving.STAYS,
        ),
        _states(
            "Adoption",
            "Whose the HubSpot user of an e-mail is; `users show` says it. Only people in our care are changed.",
            care.TRANSITIONS,
            care.Care.ABSENT,
        ),
    )


def _states(title: str, meaning: str, table: Sequence[Transition[S, E]], first: S) -> str:
    diagram = f"```mermaid\n{state_diagram(table, first)}```"
    return f"## {title}\n\n{meaning}\n\n{diagram}\n\n{state_rows(table)}"


def scopes_page() -> str:
    """Return docs/reference/scopes.md."""
    return _page(
        "Scopes",
        "What Syncline uses HubSpot's API channel for, and the scope each use needs; either of two scopes will do. "
        "`connection authorize` asks only for what the tenant uses. An app declares the first kind as required and "
        "the second as optional scopes; an app with a static token and a service key know only one kind.",
        scopes_table(),
        "What a grant lacks is named, with what it blocks, by `connection authorize` and `connection check`. An "
        "operator asks ahead of use with `connection authorize TENANT --with FEATURE`; "
        f"FEATURE is {' or '.join(f'`{each}`' for each in CHOICES)}.",
    )


def api_page() -> str:
    """Return docs/reference/api.md."""
    return _page(api_reference.TITLE, api_reference.ABOUT, *api_reference.sections())


PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/settings.md": settings_page,
    "docs/reference/api.md": api_page,
    "docs/reference/cli.md": cli_page,
    "docs/reference/metrics.md": metrics_page,
    "docs/reference/scopes.md": scopes_page,
    "docs/reference/scim-support.md": scim_page,
    "docs/reference/states.md": states_page,
}


def write() -> None:
    """Write every page anew."""
    for path, page in PAGES.items():
        (ROOT / path).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
