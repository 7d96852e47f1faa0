import pytest

from deliberation.models.deliberations import Role
from deliberation.models.rounds import PAUSED, Phase
from deliberation.phases import OBSERVER, PARTICIPANT, PHASES, allows, ever_allowed


def test_every_phase_names_every_role():
    assert set(PHASES) == {*Phase.values, PAUSED}
    for roles in PHASES.values():
        assert set(roles) == {*Role.values, PARTICIPANT, OBSERVER}


@pytest.mark.parametrize(
    ("phase", "may_vote", "may_propose"),
    [
        ("draft", False, False),
        ("propose", True, True),
        ("vote", True, False),
        ("paused", False, False),
        ("closed", False, False),
    ],
)
def test_participants_vote_and_propose_only_in_their_phases(phase, may_vote, may_propose):
    assert allows(phase, PARTICIPANT, "vote") is may_vote
    assert allows(phase, PARTICIPANT, "propose") is may_propose


def test_only_owner_and_organiser_move_phases_and_publish():
    for action in ("open", "end_proposals", "close", "run", "draft", "publish"):
        may = {role for role in Role.values if ever_allowed(role, action)}
        assert may == {"owner", "organiser"}, action


def test_an_unknown_phase_is_an_error_not_a_permission():
    with pytest.raises(KeyError):
        allows("later", PARTICIPANT, "vote")
