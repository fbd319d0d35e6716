"""The rules of a tree of items, as pure functions: what may start, what is done, what is impossible.

An item may wait for others (`requires`), and what its parent waits for it waits for too. A parent is
nothing of its own: it is done when all its children are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Final

from .enums import OVER, ItemState

#: Trees deeper than this are a mistake of whoever wrote them.
DEEPEST: Final = 6


@dataclass(frozen=True, slots=True)
class Node:
    """An item as the rules see it; `key` is unique in its tree."""

    key: int
    parent: int | None = None
    requires: frozenset[int] = frozenset()
    state: str = ItemState.WAITING


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is impossible about an item: `key` names it, `said` is a Chinese sentence."""

    key: int
    said: str


class Tree:
    """A tree that is known to be possible (`flaws` found nothing)."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes: Mapping[int, Node] = {node.key: node for node in nodes}
        self.children: dict[int | None, list[int]] = {}
        for node in self.nodes.values():
            self.children.setdefault(node.parent, []).append(node.key)

    def is_leaf(self, key: int) -> bool:
        """Say whether an item has no children: only those are worked on."""
        return key not in self.children

    def leaves(self, key: int | None = None) -> list[int]:
        """Give the leaves under an item (of the whole tree), itself where it is one."""
        if key is not None and self.is_leaf(key):
            return [key]
        return [leaf for child in self.children.get(key, ()) for leaf in self.leaves(child)]

    def waits_for(self, leaf: int) -> set[int]:
        """Give the leaves that must be over before this one may start."""
        found: set[int] = set()
        at: int | None = leaf
        while at is not None:
            for required in self.nodes[at].requires:
                found.update(self.leaves(required))
            at = self.nodes[at].parent
        return found

    def fold(self) -> dict[int, str]:
        """Give every item's state, a parent's worked out from its children."""
        states: dict[int, str] = {}
        for top in self.children.get(None, ()):
            self._fold(top, states)
        return states

    def ready(self) -> list[int]:
        """Give the leaves that wait and may start now, in the order of the tree."""
        over = {leaf for leaf in self.leaves() if self.nodes[leaf].state in OVER}
        return [
            leaf
            for leaf in self.leaves()
            if self.nodes[leaf].state == ItemState.WAITING and self.waits_for(leaf) <= over
        ]

    def progress(self) -> tuple[int, int]:
        """Give how many leaves are done, of how many that are not cancelled."""
        states = [self.nodes[leaf].state for leaf in self.leaves()]
        wanted = [state for state in states if state != ItemState.CANCELLED]
        return sum(state == ItemState.DONE for state in wanted), len(wanted)

    def _fold(self, key: int, states: dict[int, str]) -> str:
        below = [self._fold(child, states) for child in self.children.get(key, ())]
        states[key] = of_children(below) if below else self.nodes[key].state
        return states[key]


def of_children(states: list[str]) -> str:
    """Give a parent's state: done when all that is not cancelled is done."""
    wanted = [state for state in states if state != ItemState.CANCELLED]
    if not wanted:
        return ItemState.CANCELLED
    if all(state == ItemState.DONE for state in wanted):
        return ItemState.DONE
    if all(state == ItemState.WAITING for state in wanted):
        return ItemState.WAITING
    return ItemState.ACCEPTED


def flaws(nodes: Iterable[Node]) -> list[Flaw]:
    """Say what is impossible: unknown items, rings of parents, items that wait for each other."""
    known = {node.key: node for node in nodes}
    found = [flaw for node in known.values() for flaw in _references(node, known)]
    if not found:
        found = [flaw for node in known.values() for flaw in _above(node, known)]
    return found or _waiting(known)


def _references(node: Node, known: Mapping[int, Node]) -> list[Flaw]:
    found = []
    if node.parent is not None and node.parent not in known:
        found.append(Flaw(node.key, "上级任务不存在。"))
    if not node.requires <= known.keys():
        found.append(Flaw(node.key, "前置任务不存在。"))
    return found


def _above(node: Node, known: Mapping[int, Node]) -> list[Flaw]:
    above: list[int] = [node.key]
    while (parent := known[above[-1]].parent) is not None:
        if parent in above:
            return [Flaw(node.key, "上级任务连成了一圈。")]
        above.append(parent)
        if len(above) > DEEPEST:
            return [Flaw(node.key, f"任务最多 {DEEPEST} 层。")]
    if node.requires & set(above):
        return [Flaw(node.key, "任务不能以自己或自己的上级为前置。")]
    return []


def _waiting(known: Mapping[int, Node]) -> list[Flaw]:
    tree = Tree(known.values())
    graph = {leaf: tree.waits_for(leaf) for leaf in tree.leaves()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        ring = list(dict.fromkeys(error.args[1]))
        return [Flaw(key, "几个任务互为前置，永远不能开始。") for key in sorted(ring)]
    return []
