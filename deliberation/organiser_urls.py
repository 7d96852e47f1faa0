"""Addresses of sign-in and of the organiser's pages."""

from django.urls import URLPattern, URLResolver, path

from deliberation.views import (
    accepting,
    contact_import,
    contacts,
    lineage,
    members,
    moderate,
    moderate_together,
    organise,
    panel,
    phase_moves,
    print_sheets,
    profile_questions,
    seats,
    seeds,
    set_up,
    sign_in,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/password/", sign_in.choose_password, name="choose_password"),
    path("sign-in/<str:token>/", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("organise/", organise.organise, name="organise"),
    path("organise/new/", set_up.organise_new, name="organise_new"),
    path("organise/<slug:slug>/", organise.workspace, name="workspace"),
    path("organise/<slug:slug>/audit/", organise.audit_trail, name="audit_trail"),
    path("organise/<slug:slug>/settings/", set_up.round_settings, name="round_settings"),
    path("organise/<slug:slug>/seeds/", seeds.seeds, name="seeds"),
    path("organise/<slug:slug>/panel/", panel.panel, name="panel"),
    path("organise/<slug:slug>/panel/invite/", panel.invite_all, name="invite_all"),
    path("organise/<slug:slug>/panel/remind/", panel.remind_all, name="remind_all"),
    path("organise/<slug:slug>/contacts/", contacts.contacts, name="contacts"),
    path("organise/<slug:slug>/contacts/add/", contact_import.add, name="add_contacts"),
    path(
        "organise/<slug:slug>/contacts/add/<int:pk>/", contact_import.check, name="check_contacts"
    ),
    path(
        "organise/<slug:slug>/contacts/add/<int:pk>/lines.csv",
        contact_import.check_file,
        name="check_contacts_file",
    ),
    path("organise/<slug:slug>/contacts/delete/", contacts.delete_contacts, name="delete_contacts"),
    path("organise/<slug:slug>/contacts/print/", print_sheets.print_letters, name="print_letters"),
    path("organise/<slug:slug>/contacts/<int:pk>/", contacts.contact, name="contact"),
    path(
        "organise/<slug:slug>/contacts/<int:pk>/write/", contacts.write_again, name="write_contact"
    ),
    path(
        "organise/<slug:slug>/contacts/<int:pk>/remove/",
        contacts.remove_contact,
        name="remove_contact",
    ),
    path("organise/<slug:slug>/seats/", seats.seats, name="seats"),
    path("organise/<slug:slug>/seats/print/", print_sheets.print_seats, name="print_seats"),
    path("organise/<slug:slug>/seats/<int:number>/revoke/", seats.revoke, name="revoke_seat"),
    path("organise/<slug:slug>/seats/<int:number>/link/", seats.reissue, name="reissue_seat"),
    path(
        "organise/<slug:slug>/questions/",
        profile_questions.profile_questions,
        name="profile_questions",
    ),
    path("organise/<slug:slug>/queue/", moderate.queue, name="queue"),
    path("organise/<slug:slug>/queue/more/", moderate.more_cards, name="more_cards"),
    path(
        "organise/<slug:slug>/queue/together/",
        moderate_together.moderate_together,
        name="moderate_together",
    ),
    path("organise/<slug:slug>/queue/undo/", moderate_together.undo_decision, name="undo_decision"),
    path(
        "organise/<slug:slug>/statements/<int:number>/moderate/",
        moderate.moderate,
        name="moderate",
    ),
    path("organise/<slug:slug>/statements/<int:number>/rewrite/", lineage.rewrite, name="rewrite"),
    path("organise/<slug:slug>/merge/", lineage.merge, name="merge"),
    path("organise/<slug:slug>/open/", phase_moves.open_round, name="open_round"),
    path("organise/<slug:slug>/dates/", phase_moves.dates, name="dates"),
    path("organise/<slug:slug>/pause/", phase_moves.pause, name="pause"),
    path("organise/<slug:slug>/resume/", phase_moves.resume, name="resume"),
    path("organise/<slug:slug>/reopen/", phase_moves.reopen, name="reopen"),
    path("organise/<slug:slug>/end-proposals/", phase_moves.end_proposals, name="end_proposals"),
    # Who works here.
    path("organise/<slug:slug>/members/", members.members, name="members"),
    path("organise/<slug:slug>/members/two-people/", members.two_people, name="two_people"),
    path("organise/<slug:slug>/members/<int:number>/", members.member, name="member"),
    path(
        "organise/<slug:slug>/members/invitations/<int:number>/",
        members.member_invitation,
        name="member_invitation",
    ),
    path(
        "organise/<slug:slug>/approvals/<int:number>/refuse/",
        members.refuse_approval,
        name="refuse_approval",
    ),
    path("work/<str:token>/", accepting.accept_membership, name="accept_membership"),
]
