"""`daka`: every rule can be asked from a shell, JSON in and out.

Exit codes: 0 an answer, 2 bad input (one line on stderr), 3 the answer is "no".
Sub-commands are imported when they are called, so that `daka geo` does not load a face model.
"""

import importlib

import click

# name → "module:attribute" of a click command or group.
COMMANDS = {
    "geo": "geo.cli:geo",
    "select": "verify_api.selection.cli:select",
    "standards": "registry.standards.cli:standards",
    "deadline": "verify_api.deadlines.cli:deadline",
    "calendar": "verify_api.deadlines.cli:calendar",
    "face": "verify_api.faces.cli:face",
    "registry": "registry.cli:registry",
    "policy": "verify_api.policy.cli:policy",
    "audit": "verify_api.audit.cli:audit",
    "users": "verify_api.accounts.cli:users",
    "sms": "verify_api.messages.cli:sms",
    "draw": "verify_api.cases.cli:draw",
    "tonight": "daka.tonight:tonight",
    "serve": "daka.serve:serve",
    "api": "daka.serve:api",
    "worker": "daka.serve:worker",
    "scheduler": "daka.serve:scheduler",
    "migrate": "daka.serve:migrate",
    "simulate": "daka.simulate:simulate",
}


class LazyGroup(click.Group):
    """A group whose members are imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, or None if there is none of that name."""
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, attribute = target.split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """建筑业企业资质动态核查 — Daka."""


def main() -> None:
    """Run the command line; bad input is one line on stderr and exit 2, never a traceback."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        raise SystemExit(130) from None
    except click.ClickException as error:
        click.echo(f"daka: {' '.join(error.format_message().split())}", err=True)
        raise SystemExit(2) from None
    raise SystemExit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
