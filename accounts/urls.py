"""Addresses of accounts, beside those of django-allauth."""

from django.urls import path, re_path

from .views import clients, people, session, ward

#: Ways that allauth offers and we do not: accounts, addresses and passwords come from an administrator.
_CLOSED = r"^accounts/(?:signup|email|confirm-email|password/reset|password/set|login/code)/"

urlpatterns = [
    re_path(_CLOSED, session.closed),
    path("people/", people.people_list, name="people"),
    path("people/me/", people.me, name="me"),
    path("people/me/pin/", ward.my_pin, name="my_pin"),
    path("people/new/", people.person_new, name="person_new"),
    path("people/clients/", clients.clients_list, name="clients"),
    path("people/clients/new/", clients.client_new, name="client_new"),
    path("people/clients/<uuid:uuid>/", clients.client, name="client"),
    path("people/clients/<uuid:uuid>/switch/", clients.client_switch, name="client_switch"),
    path("people/clients/<uuid:uuid>/tokens/", clients.token_new, name="token_new"),
    path("people/clients/<uuid:uuid>/tokens/<uuid:token>/revoke/", clients.token_revoke, name="token_revoke"),
    path("people/<uuid:uuid>/", people.person, name="person"),
    path("people/<uuid:uuid>/memberships/", people.membership_new, name="membership_new"),
    path("people/<uuid:uuid>/memberships/<int:pk>/end/", people.membership_end, name="membership_end"),
    path("people/<uuid:uuid>/unlock/", people.person_unlock, name="person_unlock"),
    path("people/<uuid:uuid>/password/", people.person_password, name="person_password"),
    path("people/<uuid:uuid>/second-factors/", people.person_second_factors, name="person_second_factors"),
    path("ward/", ward.who, name="ward"),
    path("ward/switch/", ward.switch, name="ward_switch"),
    path("ward/kept/", ward.kept, name="ward_kept"),
    path("ward/devices/", ward.devices, name="ward_devices"),
    path("ward/devices/<uuid:uuid>/revoke/", ward.device_revoke, name="ward_device_revoke"),
    path("ward/<uuid:uuid>/", ward.pin, name="ward_pin"),
    path("display/<str:key>/", clients.display, name="display"),
    path("session/active/", session.active, name="session_active"),
    path("session/lock/", session.lock, name="session_lock"),
    path("session/unlock/", session.unlock, name="session_unlock"),
    path("session/passkey/", session.passkey_options, name="session_passkey"),
]
