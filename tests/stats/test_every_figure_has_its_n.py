"""No result of this room can be shown without saying how many it stands on (G10)."""

import importlib
import pkgutil

import msgspec
import pytest

import pmterm.stats

MODULES = [
    importlib.import_module(f"pmterm.stats.{found.name}")
    for found in pkgutil.iter_modules(pmterm.stats.__path__)
]
STRUCTS = {
    thing
    for module in MODULES
    for thing in vars(module).values()
    if isinstance(thing, type) and issubclass(thing, msgspec.Struct)
}
# What is put in; everything else comes out.
GIVEN = {"Trade", "Case"}


@pytest.mark.parametrize("struct", sorted(STRUCTS, key=lambda one: one.__name__))
def test_a_result_is_frozen_and_carries_its_n(struct):
    assert struct.__struct_config__.frozen
    counts = {"n", "first_n", "second_n"} & set(struct.__struct_fields__)
    assert counts or struct.__name__ in GIVEN


def test_there_are_results_to_look_at():
    assert len(STRUCTS) > 15
