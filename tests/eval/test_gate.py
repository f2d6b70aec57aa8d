from dataclasses import replace
from pathlib import Path

import pytest

from eval.gate import Gate, Rules, broken, read_gate
from eval.records import CheckedQuote, Figure, GoldSpan, Row, Run, System
from eval.report.saved import to_json
from tests.eval.report.sample import run_of, sample

QUOTE = CheckedQuote(1, "a", 0, 8, "At nine.", verbatim=True)
PLAIN = replace(
    sample().rows[20],
    id="q1",
    status="answered",
    answer="At nine. [1]",
    quotes=(QUOTE,),
    gold=(GoldSpan("a", 0, 8, "At nine."),),
    scores={"right": 1.0, "citation_recall": 1.0},
)
OPEN = Rules(Gate(), None)


def gate(folder: Path, text: str) -> Path:
    path = folder / "gate.toml"
    path.write_text(text, "utf-8")
    return path


def ran(*rows: Row, **figures: Figure) -> Run:
    made = run_of(rows or (PLAIN,))
    return replace(made, figures={**made.figures, **figures})


def test_a_run_without_fault_passes_a_gate_without_rules(tmp_path: Path) -> None:
    rules = read_gate(gate(tmp_path, ""))

    assert rules == OPEN
    assert broken(ran(), rules) == []


def test_all_rules_are_read(tmp_path: Path) -> None:
    text = "[floors]\nright = 0.6\nauroc = 1\n[ceilings]\nanswered_wrong = 0.2\nask_p95 = 300\n"

    rules = read_gate(gate(tmp_path, text))

    assert rules.gate == Gate({"right": 0.6, "auroc": 1.0}, {"answered_wrong": 0.2, "ask_p95": 300.0})


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"quotes": (replace(QUOTE, verbatim=False, misquote="stale"),)}, "quotes that their documents do not hold"),
        ({"status": "failed"}, "questions got an error"),
        ({"answer": "At nine. [1] Or at ten. [2]"}, "markers without a citation"),
        ({"scores": {"citation_recall": 0.0}}, "answers without a citation that bears them"),
        ({"gold": (*PLAIN.gold, GoldSpan("a", None, None, "Gone."))}, "gold evidence is not in the documents"),
    ],
)
def test_each_invariant_keeps_the_gate_shut_and_names_the_questions(fault: dict[str, object], sentence: str) -> None:
    bad = replace(PLAIN, id="bad", **fault)  # type: ignore[arg-type]

    (found,) = broken(ran(PLAIN, bad), OPEN)

    assert found.startswith(sentence)
    assert found.endswith(": bad")


def test_a_number_in_brackets_within_a_quote_is_no_marker() -> None:
    quote = replace(QUOTE, quote="At nine [12] sharp.")

    assert broken(ran(replace(PLAIN, quotes=(quote,), answer="At nine [12] sharp. [1]")), OPEN) == []


def test_quotes_that_could_not_be_checked_are_no_misquotes() -> None:
    assert broken(ran(replace(PLAIN, quotes=(replace(QUOTE, verbatim=None),))), OPEN) == []


def test_an_abstention_needs_no_citation() -> None:
    refused = replace(PLAIN, status="abstained", answer="The documents do not say [1].", quotes=())

    assert broken(ran(replace(refused, scores={"citation_recall": None})), OPEN) == []


def test_what_a_service_does_not_show_is_not_held_against_it() -> None:
    bare = replace(PLAIN, quotes=(), gold=(GoldSpan("a", None, None, "At nine."),), scores={"citation_recall": 0.0})
    service = System("openai", "http://model", None, None, None)

    assert broken(replace(ran(bare), system=service), OPEN) == []
    assert len(broken(ran(bare), OPEN)) == 3
    assert broken(replace(ran(replace(bare, status="failed")), system=service), OPEN) != []


@pytest.mark.parametrize(("floor", "shut"), [(0.5, False), (0.51, True)])
def test_a_floor_holds_the_lower_end_of_the_interval(floor: float, shut: bool) -> None:
    found = broken(ran(right=Figure(0.9, 0.5, 0.95, 10, 9, "wilson")), Rules(Gate(floors={"right": floor}), None))

    assert found == (["right may be as low as 0.500, under its floor of 0.51"] if shut else [])


@pytest.mark.parametrize(("ceiling", "shut"), [(0.5, False), (0.49, True)])
def test_a_ceiling_holds_the_upper_end_of_the_interval(ceiling: float, shut: bool) -> None:
    run = ran(answered_wrong=Figure(0.1, 0.05, 0.5, 10, 1, "wilson"))

    found = broken(run, Rules(Gate(ceilings={"answered_wrong": ceiling}), None))

    assert found == (["answered_wrong may be as high as 0.500, over its ceiling of 0.49"] if shut else [])


def test_a_figure_without_an_interval_is_held_by_its_value() -> None:
    run = ran(ece=Figure(0.2, n=10))

    assert broken(run, Rules(Gate(floors={"ece": 0.2}, ceilings={"ece": 0.2}), None)) == []
    assert len(broken(run, Rules(Gate(floors={"ece": 0.3}, ceilings={"ece": 0.1}), None))) == 2


def test_latency_and_memory_have_ceilings_too() -> None:
    run = ran()
    slow = replace(run, timings=replace(run.timings, ask_ms={"p50": 5.0, "p95": 90.0, "p99": None}, peak_mb=800.0))

    met = Gate(ceilings={"ask_p50": 5, "ask_p95": 90, "peak_mb": 800})
    missed = Gate(ceilings={"ask_p95": 89.0, "peak_mb": 799.0, "ask_p99": 1e3})

    assert broken(slow, Rules(met, None)) == []
    assert broken(slow, Rules(missed, None)) == [
        "ask_p95 may be as high as 90.000, over its ceiling of 89.0",
        "peak_mb may be as high as 800.000, over its ceiling of 799.0",
        "ask_p99 was not measured; its ceiling is 1000.0",
    ]


def test_what_was_not_measured_meets_neither_floor_nor_ceiling() -> None:
    rules = Rules(Gate(floors={"auroc": 0.0, "refusal_f1": 0.0}, ceilings={"aurc": 1.0}), None)

    assert broken(ran(auroc=Figure(None), aurc=Figure(None), refusal_f1=Figure(None)), rules) == [
        "auroc was not measured; its floor is 0.0",
        "refusal_f1 was not measured; its floor is 0.0",
        "aurc was not measured; its ceiling is 1.0",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[floors]\nrihgt = 0.5\n[ceilings]\nwrong = 1", "names rihgt, wrong; the figures are .*answered_wrong"),
        ("[floors\n", "is no TOML"),
        ("x = " + "[" * 100_000, "is no TOML"),
        ("floors = 3", "floors: "),
        ('[floors]\nright = "0.5"', r"floors\.right: "),
        ("[floors]\nright = true", r"floors\.right: "),
        ("[floors]\nright = nan", r"floors\.right: .*finite"),
        ("[ceilings]\nece = inf", r"ceilings\.ece: .*finite"),
        ("[floor]\nright = 0.5", r"floor: .*expected \[floors\]"),
        ("baseline = 3", "baseline: "),
        ('baseline = "gone.json"', r".*gone\.json cannot be read: No such file"),
        ('baseline = ""', "cannot be read: "),
        ('baseline = "gate.toml"', r"gate\.toml is not JSON"),
    ],
)
def test_a_file_that_is_no_gate_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=rf"gate\.toml.*{reason}|{reason}"):
        read_gate(gate(tmp_path, text))


def test_a_gate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"gone\.toml cannot be read: No such file"):
        read_gate(tmp_path / "gone.toml")
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(ValueError, match=r"latin\.toml is no TOML"):
        read_gate(tmp_path / "latin.toml")


def many(right: float) -> list[Row]:
    return [replace(PLAIN, id=f"q{n}", cluster=f"d{n}", scores={"right": right}) for n in range(10)]


def test_a_baseline_is_read_beside_the_gate_and_no_metric_may_be_worse_than_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "run.json").write_bytes(to_json(run_of(many(1.0))))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    rules = read_gate(gate(tmp_path, 'baseline = "runs/run.json"'))

    assert broken(run_of(many(1.0)), rules) == []
    assert broken(run_of(many(0.0)), rules) == ["right went from 1.000 to 0.000 on the same 10 questions"]


def test_only_the_guarded_metrics_are_held_against_the_baseline() -> None:
    worse, before = run_of(many(0.0)), run_of(many(1.0))

    assert broken(worse, Rules(Gate(guarded=["evidence_f1"]), before)) == []
    assert len(broken(worse, Rules(Gate(guarded=["right"]), before))) == 1


def test_a_metric_that_is_better_than_the_baseline_opens_the_gate() -> None:
    assert broken(run_of(many(1.0)), Rules(Gate(), run_of(many(0.0)))) == []


def test_a_baseline_of_other_documents_cannot_be_held_against_a_run() -> None:
    other = replace(ran(), system=replace(ran().system, corpus="decaf"))

    with pytest.raises(ValueError, match="different documents"):
        broken(ran(), Rules(Gate(), other))
