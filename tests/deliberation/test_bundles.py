"""A deliberation is carried as one file, and what comes in is checked to the last byte."""

import hashlib
import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from jsonschema import Draft202012Validator

from aggregation.engine import Plan
from aggregation.loading import load_matrix
from deliberation.bundles import MANIFEST, RECORDS, ROUND, SET_UP
from deliberation.bundles.importing import import_bundle
from deliberation.bundles.reading import _SCHEMAS, read_bundle
from deliberation.bundles.writing import bundle
from deliberation.models import Contact, Deliberation, Exclusion, Membership, Stratum, Vote
from deliberation.services.deliberations import update_draft
from deliberation.services.errors import Invalid
from deliberation.services.moderation import moderate
from deliberation.services.profiles import add_question
from deliberation.services.rounds import close_round, open_round
from deliberation.services.statements import propose
from tests.deliberation.organising import sign_in_as
from tests.factories import SEEDS, accepted, join, make_deliberation, make_user, the_round, vote_row

pytestmark = pytest.mark.django_db
SECRET = "Bob Miller of 12 Mill Lane should not be mentioned."


@pytest.fixture
def source() -> Deliberation:
    """A closed round with a question, quotas, a rejected statement and someone left out."""
    alice = make_user()
    deliberation = make_deliberation(owner=alice, moderation_policy="Be kind.")
    update_draft(deliberation=deliberation, actor=alice, time_zone="Europe/Berlin")
    add_question(deliberation=deliberation, text="Town?", options=["North", "South"], actor=alice)
    stratum = Stratum.objects.create(panel=deliberation.panel, number=1, name="Town")
    stratum.values.create(number=1, value="North", share=0.5, minimum=1, maximum=3)
    open_round(round=the_round(deliberation), actor=alice)
    people = [join(deliberation) for _ in range(6)]
    for i, person in enumerate(people):
        vote_row(person, [1, -1 if i % 2 else 1, 0, None if i else 1])
    for text, decision, reason in (
        ("The assistant should say who made it.", "accept", "fits"),
        (SECRET, "reject", "personal_data"),
    ):
        made = propose(participant=people[0], round=the_round(deliberation), text=text)
        moderate(statement=made, decision=decision, reason=reason, actor=alice, role="owner")
    Contact.objects.create(panel=deliberation.panel, email="carol@example.org", name="Carol")
    Exclusion.objects.create(participant=people[5], reason="straight_and_spam")
    close_round(round=the_round(deliberation), actor=alice)
    deliberation.refresh_from_db()
    return deliberation


def bytes_of(deliberation: Deliberation) -> bytes:
    return bundle(deliberation, the_round(deliberation))


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes], *, fix_manifest: bool = True) -> bytes:
    """The files as a bundle whose manifest agrees with them, unless told otherwise."""
    if fix_manifest:
        manifest = json.loads(files[MANIFEST])
        manifest["members"] = [
            {"name": n, "bytes": len(c), "sha256": hashlib.sha256(c).hexdigest()}
            for n, c in files.items()
            if n != MANIFEST
        ]
        files = files | {MANIFEST: json.dumps(manifest).encode()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_the_same_deliberation_gives_the_same_bytes(source):
    assert bytes_of(source) == bytes_of(source)


def test_it_comes_back_with_the_same_votes_and_the_same_digest(source):
    made = import_bundle(bundle=read_bundle(bytes_of(source)), owner=make_user("bob@example.org"))
    here, there = the_round(source), the_round(made)
    assert (there.phase, there.plan_hash) == ("closed", here.plan_hash)
    plan = Plan.from_dict(here.plan)
    assert load_matrix(there, plan).digest == load_matrix(here, plan).digest
    assert Vote.objects.filter(round=there).count() == Vote.objects.filter(round=here).count()
    assert bytes_without_times(made) == bytes_without_times(source)


def bytes_without_times(deliberation: Deliberation) -> dict[str, bytes]:
    found = members(bytes_of(deliberation))
    del found[MANIFEST], found["round.json"]
    set_up = json.loads(found[SET_UP])
    found["statements.jsonl"] = found["statements.jsonl"].replace(b'"\xe2\x80\x93"', b"null")
    return found | {SET_UP: json.dumps(set_up, sort_keys=True).encode()}


def test_nobody_can_be_recognised_in_it(source):
    content = b"".join(members(bytes_of(source)).values()).decode()
    for word in ("carol", "Carol", "alice@example.org", SECRET, "Mill Lane"):
        assert word not in content
    for line in members(bytes_of(source))["votes.jsonl"].decode().splitlines():
        assert set(json.loads(line)) == {"participant", "statement", "value", "important"}


def test_while_voting_is_open_only_the_set_up_leaves():
    deliberation = make_deliberation()
    open_round(round=the_round(deliberation), actor=None)
    vote_row(join(deliberation), [1, 1, 1, 1])
    assert set(members(bytes_of(deliberation))) == {MANIFEST, SET_UP}


def test_the_set_up_alone_comes_in_as_a_preparation():
    deliberation = make_deliberation()
    made = import_bundle(bundle=read_bundle(bytes_of(deliberation)), owner=None)
    assert the_round(made).phase == "draft"
    assert [s.text for s in accepted(made)] == SEEDS
    assert made.slug == "how-an-assistant-should-behave"


def test_every_file_holds_to_its_published_schema(source):
    files = members(bytes_of(source))
    assert set(files) == {MANIFEST, SET_UP, ROUND, *RECORDS}
    for name, content in files.items():
        schema = json.loads((_SCHEMAS / f"{name.split('.')[0]}.schema.json").read_text())
        rows = content.splitlines() if name.endswith(".jsonl") else [content]
        for row in rows:
            Draft202012Validator(schema).validate(json.loads(row))


def changed(source: Deliberation, name: str, old: bytes, new: bytes) -> bytes:
    files = members(bytes_of(source))
    assert old in files[name]
    return zipped(files | {name: files[name].replace(old, new, 1)})


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda s: b"", "not a ZIP file"),
        (lambda s: b"PK\x03\x04 and no more", "not a ZIP file"),
        (lambda s: bytes_of(s)[:-200], "not a ZIP file"),
        (lambda s: zipped({"a.txt": b"x"}, fix_manifest=False), "do not belong"),
        (lambda s: zipped({SET_UP: b"{}"}, fix_manifest=False), "cannot be read"),
        (
            lambda s: zipped(members(bytes_of(s)) | {"../evil.json": b"{}"}, fix_manifest=False),
            "do not belong",
        ),
        (
            lambda s: zipped(
                members(bytes_of(s)) | {SET_UP: b'{"deliberation": {}}'}, fix_manifest=False
            ),
            "was changed after",
        ),
        (lambda s: changed(s, MANIFEST, b'"version": 2', b'"version": 9'), "newer Folkmoot"),
        (lambda s: changed(s, MANIFEST, b"folkmoot.bundle", b"something.else"), "not a bundle"),
        (lambda s: changed(s, "votes.jsonl", b'"value": 1', b'"value": 7'), "votes.jsonl, line 1"),
        (lambda s: changed(s, "votes.jsonl", b'"participant": 1', b'"participant": 999'), "999"),
        (lambda s: changed(s, SET_UP, b'"Europe/Berlin"', b'"Moon/Base"'), "time zone"),
        (lambda s: changed(s, SET_UP, b'"balanced"', b'"guessed"'), "guessed"),
        (lambda s: changed(s, SET_UP, b'"threshold"', b'"dictator"'), "dictator"),
        (lambda s: changed(s, SET_UP, b'"question":', b'"quest":'), "quest"),
        (
            lambda s: changed(s, "participants.jsonl", b'"number": 2', b'"number": 1'),
            "contradict",
        ),
    ],
)
def test_what_does_not_hold_is_refused_in_words_and_nothing_is_left(source, spoil, words):
    with pytest.raises(Invalid) as refused:
        import_bundle(bundle=read_bundle(spoil(source)), owner=None)
    assert words in refused.value.message
    assert refused.value.field in ("file", "")
    assert Deliberation.objects.count() == 1


def test_a_file_that_would_burst_is_not_unpacked(source, monkeypatch):
    monkeypatch.setattr("deliberation.bundles.reading.MOST_BYTES", 1000)
    with pytest.raises(Invalid, match="larger than"):
        read_bundle(bytes_of(source))


def test_from_site_to_site_in_the_browser(client: Client, source):
    sign_in_as(client, "organiser", source)
    answer = client.get("/organise/assistant/bundle.zip")
    assert answer["Content-Type"] == "application/zip"
    upload = SimpleUploadedFile("b.zip", answer.content)
    done = client.post("/organise/import/", {"file": upload, "slug": "again"})
    assert done.url == "/organise/again/"
    again = client.post(
        "/organise/import/", {"file": SimpleUploadedFile("b.zip", answer.content), "slug": "again"}
    )
    assert again.status_code == 422
    assert "This address is taken" in again.content.decode()
    assert client.post("/organise/import/", {}).status_code == 422


def test_a_copy_has_what_was_chosen_and_nobody_in_it(client: Client, source):
    sign_in_as(client, "organiser", source)
    answer = client.post(
        "/organise/assistant/copy/",
        {"title": "The next one", "parts": ["questions"], "seeds": ["0", "2"]},
    )
    made = Deliberation.objects.get(title="The next one")
    assert answer.url == f"/organise/{made.slug}/"
    assert [s.text for s in accepted(made)] == [SEEDS[0], SEEDS[2]]
    assert made.panel.profile_questions.count() == 1
    assert made.panel.strata.count() == 0
    assert the_round(made).moderation_policy == "Be kind."
    assert the_round(made).phase == "draft"
    assert made.participants.count() == 0
    assert list(Membership.objects.filter(deliberation=made).values_list("role", flat=True)) == [
        "owner"
    ]


@pytest.mark.parametrize("role", ["moderator", "recruiter", "auditor"])
def test_others_take_nothing_along(client: Client, source, role):
    sign_in_as(client, role, source)
    assert client.get("/organise/assistant/bundle.zip").status_code == 403
    assert client.get("/organise/assistant/copy/").status_code == 403


def test_at_the_shell(source, tmp_path):
    file = tmp_path / "b.zip"
    call_command("export_bundle", "assistant", out=file)
    assert file.read_bytes() == bytes_of(source)
    call_command("import_bundle", file, slug="again")
    assert Deliberation.objects.filter(slug="again").exists()
    with pytest.raises(CommandError, match="taken"):
        call_command("import_bundle", file, slug="again")
    with pytest.raises(CommandError, match="no deliberation"):
        call_command("export_bundle", "nowhere", out=file)
