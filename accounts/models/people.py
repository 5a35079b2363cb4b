"""People and what they are where. Names a site and a study of the record, but never looks inside either."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts import phones
from accounts.identifiers import PublicId
from accounts.permissions import Act, Actor, Grant, Role
from accounts.trail import track


class UserQuerySet(models.QuerySet["User"]):
    """Users, by who may see them."""

    def visible_to(self, actor: Actor) -> Self:
        """People of the sites that the actor manages, unlocks or audits; a manager also sees the unplaced."""
        placed = Membership.objects.visible_to(actor).values("user")
        seen = Q(pk__in=placed)
        if actor.may_anywhere(Act.MANAGE_PEOPLE):
            seen |= Q(memberships__isnull=True)
        return self.filter(seen).distinct()


class Users(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Finds and creates users; a user name is one whatever its case."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """A stored user; without a password nobody can sign in until one is set."""
        user: User = self.model(username=username.strip(), **fields)
        user.email = self.normalize_email(user.email)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """The first administrator, of every site; the others are made on the people page."""
        user = self.create_user(username, password, **fields)
        Membership.objects.create(user=user, role=Role.ADMINISTRATOR)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user of that name, whatever its case."""
        user: User = self.get(username__iexact=username)
        return user


@track(exclude=("password", "last_login"))
class User(PublicId, AbstractBaseUser):
    """A person who signs in. Never deleted: what they wrote keeps their name; leaving makes them inactive."""

    username = models.CharField(
        _("user name"), max_length=150, validators=[UnicodeUsernameValidator()], unique=True
    )
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail address"), blank=True)
    #: Colleagues call it about a patient; Febris never does. Given by its owner or an administrator.
    phone = models.CharField(
        _("phone"),
        max_length=phones.LONGEST,
        blank=True,
        default="",
        db_default="",
        validators=[phones.check],
    )
    language = models.CharField(_("language"), max_length=10, default="en")
    #: In which their forms ask for a temperature: the unit of their last one.
    temperature_unit = models.CharField(
        _("temperatures in"),
        max_length=1,
        choices=[("C", "°C"), ("F", "°F")],
        default="C",
        db_default="C",
        editable=False,
    )
    is_active = models.BooleanField(_("may sign in"), default=True)

    objects: ClassVar[Users] = Users()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("username"), name="one_user_per_user_name_whatever_its_case"),
            models.UniqueConstraint(
                Lower("email"), condition=~Q(email=""), name="one_user_per_email_address"
            ),
            models.CheckConstraint(
                condition=Q(temperature_unit__in=["C", "F"]), name="a_person_measures_in_a_known_unit"
            ),
            models.CheckConstraint(
                condition=Q(phone="") | Q(phone__regex=phones.WRITTEN), name="a_phone_number_can_be_dialled"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        """The name as printed on forms and signatures."""
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships, by when they hold and who may see them."""

    def in_force(self, now: datetime) -> Self:
        """Those that have started and not ended at `now`."""
        return self.filter(
            Q(starts_at__isnull=True) | Q(starts_at__lte=now), Q(ends_at__isnull=True) | Q(ends_at__gt=now)
        )

    def unended(self, now: datetime) -> Self:
        """Those that hold at `now` or will later."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))

    def visible_to(self, actor: Actor) -> Self:
        """Those of the sites whose people the actor manages, unlocks or audits."""
        return self.filter(
            actor.within(Act.MANAGE_PEOPLE) | actor.within(Act.READ_AUDIT) | actor.within(Act.UNLOCK_USER)
        )


@track()
class Membership(models.Model):
    """A role of a person at a site, or in one study there."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=30, choices=Role.choices)
    site = models.ForeignKey(
        "tracker.Site",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("site"),
    )
    study = models.ForeignKey(
        "tracker.Study",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("study"),
    )
    identified = models.BooleanField(_("may see names"), default=False)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(site__isnull=False) | Q(role__in=[Role.ADMINISTRATOR, Role.AUDITOR]),
                name="only_administrators_and_auditors_are_everywhere",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="a_membership_has_a_known_role"),
            models.UniqueConstraint(
                fields=["user", "role", "site", "study"],
                condition=Q(ends_at__isnull=True),
                nulls_distinct=False,
                name="one_open_membership_per_role_and_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} at {self.site_id or 'every site'}"

    def grant(self) -> Grant:
        """What this membership allows, as a value."""
        return Grant(Role(self.role), self.site_id, self.study_id, self.identified)


def every_site_id() -> frozenset[int]:
    """The numbers of all sites there are."""
    return frozenset(_sites().values_list("pk", flat=True))


def sites_of(numbers: Iterable[int]) -> models.QuerySet[Any]:
    """The sites of those numbers, by name."""
    return _sites().filter(pk__in=numbers).order_by("name")


def _sites() -> models.QuerySet[Any]:
    site = Membership._meta.get_field("site").related_model
    assert isinstance(site, type)
    return site._default_manager.all()
