import json
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.records import Figure, Run
from eval.report.saved import read_run, schema, to_json
from tests.eval.report.sample import sample

RUN = sample()


PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(),
    int: st.integers(-(2**40), 2**40),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    type(None): st.none(),
}
MANY: dict[Any, Callable[..., st.SearchStrategy[Any]]] = {
    tuple: lambda item, _: st.lists(any_of(item), max_size=2).map(tuple),
    dict: lambda key, value: st.dictionaries(any_of(key), any_of(value), max_size=2),
    Literal: lambda *values: st.sampled_from(values),
    Union: lambda *kinds: st.one_of(*map(any_of, kinds)),
    types.UnionType: lambda *kinds: st.one_of(*map(any_of, kinds)),
}


def any_of(kind: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401
    """Values of a type of the records; numbers are finite, as measured ones are."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(cast("type[Any]", kind), **{f.name: any_of(hints[f.name]) for f in fields(kind)})
    return PLAIN[kind] if kind in PLAIN else MANY[get_origin(kind)](*get_args(kind))


@given(run=any_of(Run).map(lambda run: replace(run, format=1)))
@settings(max_examples=40, deadline=None)
def test_a_run_read_back_is_the_run_that_was_written(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("runs") / "run.json"
    path.write_bytes(to_json(run))

    assert read_run(path) == run
    assert to_json(read_run(path)) == path.read_bytes()


def test_two_runs_that_differ_in_timings_alone_are_the_same_bytes_up_to_them() -> None:
    slower = replace(RUN, timings=replace(RUN.timings, created="2030-01-01T00:00:00Z", jobs=1, seconds=999.0))
    key = b'\n "timings": {'
    quick, slow = to_json(RUN), to_json(slower)

    assert quick != slow
    assert quick.split(key)[0] == slow.split(key)[0]
    assert list(json.loads(quick))[-1] == "timings"


def test_the_order_in_which_figures_were_added_does_not_show() -> None:
    turned = replace(RUN, figures=dict(reversed(RUN.figures.items())), by_type=dict(reversed(RUN.by_type.items())))

    assert list(turned.figures) != list(RUN.figures)
    assert to_json(turned) == to_json(RUN)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(replace(RUN, figures={"right": Figure(value)}))


def test_a_surrogate_without_its_partner_keeps_its_place(tmp_path: Path) -> None:
    broken = replace(RUN, rows=(replace(RUN.rows[0], answer="a\ud800b"),))
    path = tmp_path / "run.json"
    path.write_bytes(to_json(broken))

    assert read_run(path).rows[0].answer == "a?b"


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[1, 2]", r"holds \[1, 2\]; an object with `format` 1 was expected"),
        ('{"questions": 80}', "holds {'questions': 80}; an object with `format` 1 was expected"),
        ('{"format": 2}', "has format 2; this program reads format 1"),
        ('{"format": true}', "has format True"),
        ('{"format": 1}', "dataset: found .* Field required"),
    ],
)
def test_a_file_that_is_no_run_is_refused_with_what_was_found(held: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(held)

    with pytest.raises(ValueError, match=told) as raised:
        read_run(path)
    assert str(path) in str(raised.value)


def test_a_field_of_another_type_is_named(tmp_path: Path) -> None:
    plain = json.loads(to_json(RUN))
    plain["rows"][3]["confidence"] = "0.9"
    path = tmp_path / "run.json"
    path.write_text(json.dumps(plain))

    with pytest.raises(ValueError, match=r"rows\.3\.confidence: found '0\.9', Input should be a valid number"):
        read_run(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.json cannot be read: No such file"):
        read_run(tmp_path / "none.json")


def test_a_folder_of_reports_is_read_by_its_run(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(to_json(sample()))

    assert read_run(tmp_path) == read_run(tmp_path / "run.json")


def test_the_committed_schema_is_that_of_the_records() -> None:
    committed = Path(__file__).parents[3] / "eval" / "run.schema.json"

    assert committed.read_bytes() == schema(), (
        "python -c 'from eval.report.saved import schema; print(schema().decode(), end=\"\")' > eval/run.schema.json"
    )


def test_the_schema_names_each_field_of_a_run() -> None:
    made = json.loads(schema())

    assert set(made["properties"]) == set(json.loads(to_json(RUN)))
    assert made["properties"]["format"]["const"] == 1
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
