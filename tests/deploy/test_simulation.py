"""The demo's texts hold together, and its simulated people behave like a panel."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deploy.demo.simulation import CLOSED, OPEN, Simulation, SpecError, load, simulate


@pytest.fixture(scope="module")
def demo() -> Simulation:
    return simulate(load(CLOSED), participants=400, seed=7)


def camp_rows(demo: Simulation, camp: str) -> np.ndarray:
    return np.array(
        [c == camp and k == "ordinary" for c, k in zip(demo.camps, demo.kinds, strict=True)]
    )


def answers_to(demo: Simulation, key: str) -> np.ndarray:
    """One answer per person with a mind of their own, int8."""
    ordinary = np.array([kind == "ordinary" for kind in demo.kinds])
    return demo.opinions[ordinary, demo.columns[key]]


# --- The files ---------------------------------------------------------------------------------


def test_the_closed_demo_has_what_its_story_needs() -> None:
    spec = load(CLOSED)
    accepted = spec.accepted
    assert len(spec.statements) >= 72
    assert len(accepted) >= 60
    assert len(spec.seeds) == 20
    assert sum(s.wave > 0 for s in accepted) == 12
    assert 4 <= sum(s.duplicate_of is not None for s in accepted) <= 6
    assert 4 <= sum(s.opposite_of is not None for s in accepted) <= 6
    rejected = Counter(s.reject for s in spec.statements if s.reject)
    assert sum(rejected.values()) == 8
    assert len(rejected) == 6
    assert [camp.share for camp in spec.camps] == [0.45, 0.33, 0.22]


def test_the_open_demo_is_another_topic_with_seeds_only() -> None:
    spec, closed = load(OPEN), load(CLOSED)
    assert len(spec.seeds) == len(spec.statements) == 18
    assert spec.slug != closed.slug
    assert not {s.text for s in spec.statements} & {s.text for s in closed.statements}


@pytest.mark.parametrize("path", [CLOSED, OPEN])
def test_people_are_told_that_it_is_a_simulation_and_how_to_withdraw(path: Path) -> None:
    spec = load(path)
    assert "simulated" in spec.description
    for promise in ("simulated", "Who pays", "How long", "leave altogether", "published"):
        assert promise in spec.consent


def broken(**changes: Any) -> str:
    """The open demo's file with one statement put in place of all, and fields changed."""
    fields = {
        "key": '"a"',
        "text": '"It should."',
        "origin": '"seed"',
        "wave": "0",
        "agree": "{ choice = 0.5, care = 0.5, custom = 0.5 }",
        "pass": "{ choice = 0.1, care = 0.1, custom = 0.1 }",
    } | changes
    head = OPEN.read_text(encoding="utf-8").split("[[statements]]")[0]
    return head + "[[statements]]\n" + "\n".join(f"{k} = {v}" for k, v in fields.items() if v)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"agree": "{ choice = 0.5, care = 0.5 }"}, "agree must name each camp once"),
        ({"agree": "{ choice = 1.5, care = 0.5, custom = 0.5 }"}, "from 0.0 to 1.0"),
        ({"agree": "{ choice = 0.95, care = 0.5, custom = 0.5 }"}, "must not exceed 1"),
        ({"origin": '"friend"'}, "origin must be one of seed, panel"),
        ({"reject": '"boring"'}, "reject must be one of"),
        ({"wave": "1"}, "a seed is there from the start"),
        ({"wave": "true"}, "wave must be 0 or a positive whole number"),
        ({"duplicate_of": '"b"'}, "duplicate_of must be the key of an accepted statement above"),
        ({"text": '" "'}, "text must be a text that is not empty"),
        ({"text": f'"{"x" * 201}"'}, "at most 200 characters"),
        ({"camp": '"care"'}, "unknown field camp"),
        ({"reject": '"unclear"'}, "at least one must be open for votes"),
    ],
)
def test_a_file_that_does_not_hold_is_refused_by_name(
    tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    file = tmp_path / "demo.toml"
    file.write_text(broken(**changes), encoding="utf-8")
    with pytest.raises(SpecError, match=re.escape(message)) as caught:
        load(file)
    assert str(caught.value).startswith("demo.toml, ")


def test_the_unbroken_twin_of_those_files_loads(tmp_path: Path) -> None:
    file = tmp_path / "demo.toml"
    file.write_text(broken(), encoding="utf-8")
    assert [s.key for s in load(file).statements] == ["a"]


def test_broken_toml_and_shares_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "demo.toml"
    file.write_text("slug = ", encoding="utf-8")
    with pytest.raises(SpecError, match="not valid TOML"):
        load(file)
    file.write_text(broken().replace("share = 0.22", "share = 0.32"), encoding="utf-8")
    with pytest.raises(SpecError, match="add up to 1"):
        load(file)


# --- The people --------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_people_and_another_seed_others(demo: Simulation) -> None:
    again, other = (simulate(load(CLOSED), participants=400, seed=s) for s in (7, 8))
    assert np.array_equal(demo.opinions, again.opinions)
    assert np.array_equal(demo.arrival, again.arrival)
    assert (demo.proposals, demo.reconsidered) == (again.proposals, again.reconsidered)
    assert not np.array_equal(demo.opinions, other.opinions)


def test_an_answer_does_not_depend_on_the_other_statements(
    demo: Simulation, tmp_path: Path
) -> None:
    shorter = tmp_path / "demo.toml"
    first, *rest = CLOSED.read_text(encoding="utf-8").split("[[statements]]")
    kept = [entry for entry in rest if 'key = "grandmother-words"' not in entry]
    shorter.write_text("[[statements]]".join([first, *kept]), encoding="utf-8")
    without = simulate(load(shorter), participants=400, seed=7)
    keys = [key for key in demo.columns if key != "grandmother-words"]
    assert len(without.columns) == len(keys) == len(demo.columns) - 1
    here, there = ([d.columns[key] for key in keys] for d in (demo, without))
    same = demo.opinions[:, here] == without.opinions[:, there]
    own_mind = np.array([kind != "random" for kind in demo.kinds])
    assert same[own_mind].all()


def test_camps_have_their_shares_and_noise_is_small(demo: Simulation) -> None:
    assert Counter(demo.camps) == {"choice": 180, "care": 132, "custom": 88}
    assert Counter(demo.kinds) == {"ordinary": 380, "random": 12, "all_agree": 8}
    straight = [p for p, kind in enumerate(demo.kinds) if kind == "all_agree"]
    assert (demo.opinions[straight] == 1).all()


def test_camps_answer_as_their_leanings_say(demo: Simulation) -> None:
    for statement in demo.spec.accepted:
        for camp in demo.spec.camps:
            rows = camp_rows(demo, camp.key)
            agreed = (demo.opinions[rows, demo.columns[statement.key]] == 1).mean()
            assert abs(agreed - statement.agree[camp.key]) < 0.2, (statement.key, camp.key)


def test_camps_quarrel_about_some_statements_and_share_others(demo: Simulation) -> None:
    rates = np.stack(
        [(demo.opinions[camp_rows(demo, c.key)] == 1).mean(axis=0) for c in demo.spec.camps]
    )
    spread = rates.max(axis=0) - rates.min(axis=0)
    assert (spread > 0.5).sum() >= 20
    assert (rates.min(axis=0) > 0.75).sum() >= 15


def test_duplicates_are_answered_alike_and_opposites_the_other_way(demo: Simulation) -> None:
    for statement in demo.spec.accepted:
        if twin := statement.duplicate_of:
            same = answers_to(demo, statement.key) == answers_to(demo, twin)
            assert same.mean() > 0.85, statement.key
        if twin := statement.opposite_of:
            mine, theirs = answers_to(demo, statement.key), answers_to(demo, twin)
            assert np.corrcoef(mine, theirs)[0, 1] < -0.6, statement.key


def test_k_means_on_sparse_votes_finds_the_three_camps(demo: Simulation) -> None:
    stream = np.random.default_rng(1)
    votes = demo.opinions.astype(float)
    seen = np.zeros(votes.shape, dtype=bool)
    for person in range(len(demo)):
        shown = stream.permutation(votes.shape[1])[: demo.votes_wanted(person)]
        seen[person, shown] = True
    mean = np.where(seen, votes, 0).sum(axis=0) / seen.sum(axis=0)
    centred = np.where(seen, votes - mean, 0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    scale = np.sqrt(votes.shape[1] / seen.sum(axis=1))[:, None]
    patient = np.array(
        [demo.votes_wanted(p) >= 15 and demo.kinds[p] == "ordinary" for p in range(len(demo))]
    )
    label = three_means((centred @ axes.T * scale)[patient])
    camps = np.array(demo.camps)[patient]
    majority = {k: Counter(camps[label == k]).most_common(1)[0][0] for k in range(3)}
    assert set(majority.values()) == {"choice", "care", "custom"}
    assert np.mean([majority[k] == camp for k, camp in zip(label, camps, strict=True)]) > 0.9


def three_means(points: np.ndarray) -> np.ndarray:
    """Cluster label per row; the starts are the points farthest from those before."""
    centres = [points[np.linalg.norm(points, axis=1).argmax()]]
    while len(centres) < 3:
        gaps = np.min([np.linalg.norm(points - c, axis=1) for c in centres], axis=0)
        centres.append(points[gaps.argmax()])
    middle = np.array(centres)
    for _ in range(50):
        label = np.linalg.norm(points[:, None] - middle[None], axis=2).argmin(axis=1)
        middle = np.array([points[label == k].mean(axis=0) for k in range(3)])
    return label


def test_people_stop_after_a_skewed_number_of_votes(demo: Simulation) -> None:
    wanted = np.array([demo.votes_wanted(p) for p in range(len(demo))])
    assert 25 <= np.median(wanted) <= 36
    assert np.mean(wanted) > np.median(wanted)
    assert wanted.min() == 3
    assert wanted.max() == len(demo.spec.accepted)
    assert (wanted == 3).sum() >= 5


def test_each_panel_statement_has_one_author_of_its_wave_who_agrees(demo: Simulation) -> None:
    written = [(p, key) for p in range(len(demo)) for key in demo.proposes(p)]
    panel = [s.key for s in demo.spec.statements if s.origin == "panel"]
    assert sorted(key for _, key in written) == sorted(panel)
    for person, key in written:
        statement = demo.spec.statement(key)
        assert demo.waves[person] == statement.wave
        assert statement.reject or demo.opinion(person, key) == 1


def test_everyone_arrives_once_and_late_waves_come_later(demo: Simulation) -> None:
    waves = [demo.arriving(wave) for wave in range(demo.spec.waves)]
    assert [len(wave) for wave in waves] == [100, 100, 100, 100]
    assert [p for wave in waves for p in wave] == list(demo.arrival)
    assert sorted(demo.arrival) == list(range(400))


def test_a_few_change_their_mind_and_always_to_something_else(demo: Simulation) -> None:
    changed = [p for p in range(len(demo)) if demo.changes_mind(p)]
    assert 10 <= len(changed) <= 20
    for person in changed:
        for key, answer in demo.changes_mind(person).items():
            assert answer in (-1, 0, 1)
            assert answer != demo.opinion(person, key)


def test_a_rejected_statement_has_no_opinions(demo: Simulation) -> None:
    with pytest.raises(KeyError):
        demo.opinion(0, "bus-line")


def test_small_panels_work_and_tiny_ones_are_refused() -> None:
    small = simulate(load(CLOSED), participants=10, seed=1)
    panel = [s for s in small.spec.statements if s.origin == "panel"]
    assert sum(len(small.proposes(p)) for p in range(10)) == len(panel)
    with pytest.raises(ValueError, match="at least 10"):
        simulate(load(CLOSED), participants=9, seed=1)
