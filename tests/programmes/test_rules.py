"""The laws of a tree of items, over many trees."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengguan.programmes.enums import OVER, ItemState
from chengguan.programmes.rules import Node, Tree, flaws, of_children

STATES = [str(one) for one in ItemState]
# A busy machine is no fault of the trees.
laws = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def possible(draw: st.DrawFn) -> list[Node]:
    """Trees whose items name only earlier ones: mostly possible, the others are left out."""
    nodes: list[Node] = []
    for key in range(draw(st.integers(1, 12))):
        earlier = list(range(key))
        parent = draw(st.sampled_from([None, *earlier])) if earlier else None
        requires = draw(st.frozensets(st.sampled_from(earlier), max_size=2)) if earlier else ()
        nodes.append(Node(key, parent, frozenset(requires), draw(st.sampled_from(STATES))))
    if flaws(nodes):
        nodes = [replace(node, requires=frozenset(), parent=None) for node in nodes]
    return nodes


@laws
@given(possible())
def test_a_parent_is_done_only_when_all_its_children_are(nodes: list[Node]) -> None:
    tree = Tree(nodes)
    states = tree.fold()
    for key, children in tree.children.items():
        if key is None:
            continue
        below = [states[child] for child in children]
        done = states[key] == ItemState.DONE
        assert done == (set(below) <= OVER and ItemState.DONE in below)


@laws
@given(possible())
def test_what_is_ready_waits_for_nothing_open(nodes: list[Node]) -> None:
    tree = Tree(nodes)
    for leaf in tree.ready():
        assert tree.is_leaf(leaf)
        assert {tree.nodes[one].state for one in tree.waits_for(leaf)} <= OVER


@laws
@given(possible())
def test_a_possible_tree_can_be_worked_to_its_end(nodes: list[Node]) -> None:
    known = {node.key: replace(node, state=ItemState.WAITING) for node in nodes}
    order: list[int] = []
    while ready := Tree(known.values()).ready():
        order += ready
        for key in ready:
            known[key] = replace(known[key], state=ItemState.DONE)
    tree = Tree(known.values())
    assert sorted(order) == sorted(tree.leaves())
    assert set(tree.fold().values()) == {ItemState.DONE}
    assert tree.progress() == (len(order), len(order))
    place = {key: number for number, key in enumerate(order)}
    assert all(place[one] < place[leaf] for leaf in order for one in tree.waits_for(leaf))


def test_rings_are_found() -> None:
    assert [f.key for f in flaws([Node(1, 2), Node(2, 1)])] == [1, 2]
    assert [
        f.key for f in flaws([Node(1, None, frozenset({2})), Node(2, None, frozenset({1}))])
    ] == [
        1,
        2,
    ]
    # A waits for the group in which B is, and B waits for A.
    hidden = [Node(1, None, frozenset({2})), Node(2), Node(3, 2, frozenset({1}))]
    assert {flaw.key for flaw in flaws(hidden)} == {1, 3}
    assert [f.said for f in flaws([Node(1, None, frozenset({9}))])] == ["前置任务不存在。"]
    assert [f.said for f in flaws([Node(1), Node(2, 1, frozenset({1}))])] == [
        "任务不能以自己或自己的上级为前置。"
    ]


def test_all_cancelled_is_cancelled() -> None:
    assert of_children([ItemState.CANCELLED, ItemState.CANCELLED]) == ItemState.CANCELLED
    assert of_children([ItemState.CANCELLED, ItemState.DONE]) == ItemState.DONE
    assert of_children([ItemState.WAITING, ItemState.DONE]) == ItemState.ACCEPTED
