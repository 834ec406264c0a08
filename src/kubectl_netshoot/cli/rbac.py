"""`rbac`: the smallest Role for a session, as YAML to apply, as JSON, or as a list that says what each right is for."""

from typing import Annotated

import typer

from kubectl_netshoot.errors import ExitStatus, UsageError
from kubectl_netshoot.rules import request, rights
from kubectl_netshoot.rules.rights import Use, rights_in_role
from kubectl_netshoot.rules.targets import check_name
from kubectl_netshoot.terminal import Terminal

FORMS = ("yaml", "json", "text")


def rbac(
    join: Annotated[bool, typer.Option("--join", help="For sessions that join Services, too.")] = False,
    capture: Annotated[
        bool, typer.Option("--capture", help="For captures in running pods instead of sessions.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="For `check`, in a copy or with --live, instead of sessions.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="For `debug` in running pods instead of sessions.")
    ] = False,
    run: Annotated[
        bool,
        typer.Option(
            "--run", help="For `run` and node/NAME instead of sessions; with --join for --labels, too."
        ),
    ] = False,
    why: Annotated[
        bool, typer.Option("--why", help="For `why` from a pod that exists, instead of sessions.")
    ] = False,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help="Namespace of the Role.  [default: where it is applied]")
    ] = "",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="|".join(FORMS), help="Form of the Role.")
    ] = FORMS[0],
) -> int:
    """Print the smallest Role for what you do.

    Without a flag: for sessions that join no Service, and for list, diff, attach, leave and cleanup. No cluster is
    asked.
    """
    given = {
        "--run": run,
        "--join": join,
        "--capture": capture,
        "--check": check,
        "--debug": debug,
        "--why": why,
    }
    flags = "".join(f" {flag}" for flag in given if given[flag])
    uses = [use for use in Use if use.flags == flags]
    if not uses:
        raise UsageError(
            "give only one of --join, --run, --capture, --check, --debug and --why; --run and --join go together"
        )
    terminal = Terminal()
    wanted = rights_in_role(*uses)
    form = request.check_choice(output, FORMS, "--output")
    if namespace:
        check_name(namespace, "--namespace")
    if form == "json":
        terminal.data_json(rights.role(wanted, namespace))
    elif form == "yaml":
        terminal.data(f"{rights.role_yaml(wanted, namespace)}\n{_binding(namespace)}")
    else:
        rows = [(str(right), "yes" if right.needed else "no", right.purpose) for right in wanted]
        terminal.table(("RIGHT", "NEEDED", "TO"), rows)
    return ExitStatus.DONE


def _binding(namespace: str) -> str:
    where = f" --namespace={namespace}" if namespace else ""
    return (
        "# To bind it to a user:\n"
        f"#   kubectl create rolebinding {rights.NAME} --role={rights.NAME} --user=NAME{where}"
    )
