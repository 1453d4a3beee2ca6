"""Who may steer. Rights hang on roles that were granted; nobody has any by name, and without roles nobody has."""

from __future__ import annotations

from storage.people import Person, Role

STEERS = frozenset({Role.SECRETARY})
DISPATCHES = frozenset({Role.SECRETARY, Role.GRID_WORKER, Role.GRID_LEADER, Role.SOCIAL_WORKER})
# Known to the community as people who help: they may claim from any chat.
HELPS = frozenset(Role) - {Role.RESIDENT, Role.LIAISON}


def may(person: Person, allowed: frozenset[Role]) -> bool:
    return bool(person.roles & allowed)
