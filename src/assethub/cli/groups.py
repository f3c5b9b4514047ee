"""`assethub group …`."""

import click

from assethub.cli.options import opened_hub, takes_settings
from assethub.core.people import groups
from assethub.settings import Settings


@click.group("group")
def group_group() -> None:
    """Look after the groups that folders are shared with.

    \b
    Example:
      assethub group member add research ann
    """


@group_group.command("add")
@click.argument("name")
@takes_settings()
def add_group(settings: Settings, name: str) -> None:
    """Make the group NAME, without members.

    \b
    Example:
      assethub group add research
    """
    with opened_hub(settings) as hub:
        groups.create_group(hub, name)
    click.echo(f"Added group {name}.")


@group_group.command("list")
@takes_settings()
def list_groups(settings: Settings) -> None:
    """List the names of all groups.

    \b
    Example:
      assethub group list
    """
    with opened_hub(settings) as hub:
        for group in groups.list_names(hub):
            click.echo(group)


@group_group.command("delete")
@click.argument("name")
@takes_settings()
def delete_group(settings: Settings, name: str) -> None:
    """Delete the group NAME, and with it what is shared with it.

    \b
    Example:
      assethub group delete research
    """
    with opened_hub(settings) as hub:
        groups.delete_group(hub, name)
    click.echo(f"Deleted group {name}.")


@group_group.group("member")
def member_group() -> None:
    """Add, remove and list the members of a group.

    \b
    Example:
      assethub group member list research
    """


@member_group.command("add")
@click.argument("group")
@click.argument("user")
@takes_settings()
def add_member(settings: Settings, group: str, user: str) -> None:
    """Make USER a member of GROUP.

    \b
    Example:
      assethub group member add research ann
    """
    with opened_hub(settings) as hub:
        groups.add_member(hub, group, user)
    click.echo(f"User {user} is a member of group {group}.")


@member_group.command("remove")
@click.argument("group")
@click.argument("user")
@takes_settings()
def remove_member(settings: Settings, group: str, user: str) -> None:
    """Take USER out of GROUP.

    \b
    Example:
      assethub group member remove research ann
    """
    with opened_hub(settings) as hub:
        groups.remove_member(hub, group, user)
    click.echo(f"User {user} is no longer a member of group {group}.")


@member_group.command("list")
@click.argument("group")
@takes_settings()
def list_members(settings: Settings, group: str) -> None:
    """List the names of the members of GROUP.

    \b
    Example:
      assethub group member list research
    """
    with opened_hub(settings) as hub:
        for name in groups.list_members(hub, group):
            click.echo(name)
